import { registeredTools } from "../src/protocol/agentServer/tools.ts";
import type { Log } from "../src/protocol/log.ts";
import { type BashCommands, openBashCommands } from "../src/runtime/machine/bash/bashCommands.ts";
import { openMachineRuntime } from "../src/runtime/machine/machineRuntime.ts";
import type { ServerParts } from "../src/server/app.ts";
import type { Arguments } from "./arguments.ts";
import { endAll } from "./endAll.ts";

/** What was asked for, and where. */
export interface Serving {
  readonly options: Arguments;
  /** The folder that has all of the workspace's, and the one that the terminal starts in. */
  readonly workspace: string;
  readonly workingDir: string;
  readonly log: Log;
  /** Resolves at the first signal to end. */
  readonly ended: Promise<void>;
}

export interface OpenParts extends AsyncDisposable {
  readonly parts: Pick<ServerParts, "runtime" | "openBash" | "workspace" | "maxUploadBytes" | "log">;
}

/** What both ways in serve: the tools on this machine, and single commands. */
export async function openParts({ options, workspace, workingDir, log }: Serving): Promise<OpenParts> {
  const runtime = await openMachineRuntime({ workingDir, wall: "sandbox-server", lineEditing: "whenWatched", hasMemoryLimit: true });
  const bash = bashOnDemand(workingDir);
  return {
    parts: { runtime, openBash: bash.open, workspace, maxUploadBytes: options.maxUploadBytes, log },
    [Symbol.asyncDispose]: () => endAll(bash, runtime),
  };
}

function bashOnDemand(workingDir: string): AsyncDisposable & { open(): Promise<BashCommands> } {
  const seconds = Number(process.env["OH_BASH_EVENTS_RETENTION_SECONDS"]);
  const retentionMs = seconds > 0 ? seconds * 1000 : undefined;
  let opening: Promise<BashCommands> | undefined;
  return {
    open: () => (opening ??= openBashCommands({ workingDir, eventsDir: process.env["OH_BASH_EVENTS_DIR"], retentionMs })),
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}

export function factsOf() {
  const idle = Number(process.env["OH_RUNTIME_IDLE_TIMEOUT_SECONDS"]);
  return {
    buildSha: process.env["OPENHANDS_BUILD_GIT_SHA"] ?? "unknown",
    buildRef: process.env["OPENHANDS_BUILD_GIT_REF"] ?? "unknown",
    platform: `Node ${process.version.slice(1)}`,
    usableTools: registeredTools,
    idleTimeoutSeconds: idle > 0 ? idle : undefined,
  };
}
