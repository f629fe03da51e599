import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConversationStore } from "../conversation/store.ts";
import { Host } from "../host/host.ts";
import { openLlm } from "../llm/openLlm.ts";
import type { Log } from "../protocol/log.ts";
import type { Environment } from "./options.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** `media/demo` of the package, seen from `dist/cli.js`, or from `src/cli` where Node runs the source as it is. */
export const demoFolder = join(here, basename(here) === "dist" ? ".." : "../..", "media", "demo");

/** The host of the command line: conversations below the person's home, tools on this machine. */
export function openHost(environment: Environment, apiKey: string | undefined): Host {
  const root = environment["OH_PERSISTENCE_DIR"] || join(homedir(), ".openhands");
  return new Host({
    store: new ConversationStore(join(root, "conversation-logs")),
    openLlm: (ref, workingDir) => openLlm(ref, workingDir, { apiKey, demoFolder, demoWordDelayMs: 12 }),
    openRuntime: async (workingDir) => {
      const { openMachineRuntime } = await import("../runtime/machine/machineRuntime.ts");
      return openMachineRuntime({ workingDir, wall: "Local · no sandbox" });
    },
    log: environment["OPENHANDS_LOG"] === "debug" ? stderrLog : noLog,
  });
}

const line = (level: string) => (message: string, details?: object) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...details })}\n`);
const stderrLog: Log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
const noLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
