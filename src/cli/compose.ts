import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConversationStore } from "../conversation/store.ts";
import { Host } from "../host/host.ts";
import type { Llm, LlmChunk, LlmRequest } from "../llm/llm.ts";
import { LlmError } from "../llm/llmError.ts";
import { openLlm } from "../llm/openLlm.ts";
import { type Log, noLog } from "../protocol/log.ts";
import type { Environment } from "./environment.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** `media/demo` of the package, seen from `dist/cli.js`, or from `src/cli` where Node runs the source as it is. */
export const demoFolder = join(here, basename(here) === "dist" ? ".." : "../..", "media", "demo");

export interface Composed extends AsyncDisposable {
  readonly host: Host;
  /** Whether the last thing that went wrong with the model is that nobody answered at its address. */
  readonly wasUnreachable: () => boolean;
}

/** The host of the command line: tools act on this machine. */
export function openHost(store: ConversationStore, environment: Environment, apiKey: string | undefined): Composed {
  const log = environment["OPENHANDS_LOG"] === "debug" ? stderrLog : noLog;
  // Read and compiled while the conversation is made, which mostly waits for the disk; who needs them awaits them.
  void Promise.allSettled([loadMachine(), import("../llm/openai.ts")]);
  let lastFault: unknown;
  const host = new Host({
    store,
    openLlm: async (ref, folder) =>
      withFaultsTold(await openLlm(ref, folder, { apiKey, demoFolder, demoWordDelayMs: 12 }), (error) => (lastFault = error)),
    openRuntime: async ({ workingDir, folders }) => {
      const [{ openMachineRuntime }, { personsShell }] = await loadMachine();
      const machine = await openMachineRuntime({
        workingDir,
        folders,
        wall: "Local · no sandbox",
        shell: personsShell(environment["SHELL"]),
      });
      if (machine.notice !== undefined) log.warn(machine.notice);
      return machine;
    },
    log,
  });
  return {
    host,
    wasUnreachable: () => lastFault instanceof LlmError && lastFault.fault === "unreachable",
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

function loadMachine() {
  return Promise.all([import("../runtime/machine/machineRuntime.ts"), import("../runtime/machine/dialects/choose.ts")]);
}

function withFaultsTold(llm: Llm, tell: (error: unknown) => void): Llm {
  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    try {
      yield* llm.stream(request, signal);
    } catch (error) {
      tell(error);
      throw error;
    }
  }
  return { ...llm, stream };
}

const line = (level: string) => (message: string, details?: object) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...details })}\n`);
const stderrLog: Log = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
