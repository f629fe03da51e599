import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConversationStore } from "../conversation/store.ts";
import type { AgentHost } from "../host/agentHost.ts";
import { Host, type RuntimeNeeds } from "../host/host.ts";
import type { Llm, LlmChunk, LlmRequest } from "../llm/llm.ts";
import { LlmError } from "../llm/llmError.ts";
import { openLlm } from "../llm/openLlm.ts";
import { type Log, noLog } from "../protocol/log.ts";
import type { LeftOut } from "../protocol/sandbox.ts";
import { homeFiles } from "../runtime/machine/homeFiles.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Environment } from "./environment.ts";
import { type LazySandboxes, lazySandboxes } from "./sandboxes.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** `media/demo` of the package, seen from `dist/cli.js`, or from `src/cli` where Node runs the source as it is. */
export const demoFolder = join(here, basename(here) === "dist" ? ".." : "../..", "media", "demo");

export interface Composed extends AsyncDisposable {
  readonly host: AgentHost;
  readonly sandboxes: Pick<LazySandboxes, "opened">;
  /** Whether the last thing that went wrong with the model is that nobody answered at its address. */
  readonly wasUnreachable: () => boolean;
}

export interface ComposeOptions {
  readonly store: ConversationStore;
  readonly environment: Environment;
  readonly apiKey: string | undefined;
  /** Hears what a person wants to know of a sandbox that was opened. */
  readonly say: (sentence: string) => void;
}

/** The host of the command line: tools act on this machine, or in a sandbox, as the conversation says. */
export function openHost({ store, environment, apiKey, say }: ComposeOptions): Composed {
  const log = logOf(environment);
  // Read and compiled while the conversation is made, which mostly waits for the disk; who needs them awaits them.
  void Promise.allSettled([loadMachine(), import("../llm/openai.ts")]);
  const sandboxes = lazySandboxes(environment, log, { sweeps: true });
  let lastFault: unknown;
  const openRuntime = async ({ runtime: ref, ...needs }: RuntimeNeeds): Promise<Runtime> => {
    if (ref.kind === "local") return openMachine(needs, environment, log);
    const sandbox = await (await sandboxes.open()).open({ ...needs, ref });
    for (const sentence of leftOutSentences(sandbox.leftOut)) say(sentence);
    return sandbox;
  };
  const host = new Host({
    store,
    openLlm: async (ref, folder) =>
      withFaultsTold(await openLlm(ref, folder, { apiKey, demoFolder, demoWordDelayMs: 12 }), (error) => (lastFault = error)),
    openRuntime,
    home: homeFiles(),
    log,
  });
  return {
    host,
    sandboxes,
    wasUnreachable: () => lastFault instanceof LlmError && lastFault.fault === "unreachable",
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await sandboxes[Symbol.asyncDispose]();
    },
  };
}

export function logOf(environment: Environment): Log {
  return environment["OPENHANDS_LOG"] === "debug" ? stderrLog : noLog;
}

type Needs = Omit<RuntimeNeeds, "runtime">;

async function openMachine({ workingDir, folders }: Needs, environment: Environment, log: Log): Promise<Runtime> {
  const [{ openMachineRuntime }, { personsShell }] = await loadMachine();
  const machine = await openMachineRuntime({ workingDir, folders, wall: "Local · no sandbox", shell: personsShell(environment["SHELL"]) });
  if (machine.notice !== undefined) log.warn(machine.notice);
  return machine;
}

function leftOutSentences({ secrets, notes }: LeftOut): string[] {
  return [
    ...(secrets.length === 0 ? [] : [`Not copied into the sandbox, because they look like secrets: ${secrets.join(", ")}.`]),
    ...notes,
  ];
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
