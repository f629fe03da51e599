import type { TerminalRequest, TerminalResult } from "../../src/protocol/runtime.ts";
import { type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";

/** Short words for what the contract's tests do again and again. */

export const never = new AbortController().signal;
const patient = { noChangeTimeoutMs: 40_000 };

type Waits = Partial<Pick<TerminalRequest, "timeoutMs" | "noChangeTimeoutMs">>;

export function run(runtime: Runtime, command: string, waits: Waits = {}): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "command", command, ...patient, ...waits }, { signal: never });
}

export function poll(runtime: Runtime, waits: Waits = {}): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "poll", ...patient, ...waits }, { signal: never });
}

export function input(runtime: Runtime, text: string, waits: Waits = {}): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "input", text, ...patient, ...waits }, { signal: never });
}

export function press(runtime: Runtime, key: string, waits: Waits = {}): Promise<TerminalResult> {
  return runtime.terminal.run({ type: "key", key, ...patient, ...waits }, { signal: never });
}

/** What came of a command, in one comparable value: `0 output`, `shell ended 3 output`, `running: timeout output`. */
export function told({ outcome, output }: TerminalResult): string {
  if (outcome.type === "completed") return `${outcome.exitCode} ${output}`;
  if (outcome.type === "shell_ended") return `shell ended ${outcome.exitCode} ${output}`;
  return outcome.type === "running" ? `running: ${outcome.reason} ${output}` : `${outcome.type} ${output}`;
}

export async function tell(runtime: Runtime, command: string, waits: Waits = {}): Promise<string> {
  return told(await run(runtime, command, waits));
}

/** `first`, and what further answers add until the output is as expected: a slow machine has not printed all of it yet. */
export async function untilOutput(runtime: Runtime, first: Promise<TerminalResult>, expected: RegExp): Promise<TerminalResult> {
  let result = await first;
  let { output } = result;
  while (!expected.test(output) && result.outcome.type === "running") {
    result = await poll(runtime, { noChangeTimeoutMs: 100 });
    output += result.output;
  }
  return { ...result, output };
}

/** Runs a command and aborts it as soon as it has printed `ready`; gives how long that took, and how it ended. */
export async function abortWhenReady(runtime: Runtime, command: string): Promise<{ readonly error: unknown; readonly tookMs: number }> {
  const controller = new AbortController();
  let seen = "";
  let abortedAt = Number.NaN;
  const onOutput = (text: string): void => {
    seen += text;
    if (!seen.includes("ready") || controller.signal.aborted) return;
    abortedAt = performance.now();
    controller.abort(new Error("stopped"));
  };
  const error = await rejection(runtime.terminal.run({ type: "command", command, ...patient }, { signal: controller.signal, onOutput }));
  return { error, tookMs: performance.now() - abortedAt };
}

/** What a promise rejects with; a sentence when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return "It did not reject.";
  } catch (error) {
    return error;
  }
}

/** The code of the RuntimeError that a promise rejects with. */
export async function code(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  return error instanceof RuntimeError ? error.code : error;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export async function textOf(runtime: Runtime, path: string): Promise<string> {
  return new TextDecoder().decode((await runtime.files.read(path, { maxBytes: 1_000_000, signal: never })).bytes);
}

export async function versionOf(runtime: Runtime, path: string): Promise<string> {
  return (await runtime.files.read(path, { maxBytes: 1_000_000, signal: never })).version;
}

export function put(runtime: Runtime, path: string, text: string, expected = "absent"): Promise<unknown> {
  return runtime.files.write(path, bytes(text), { expected, signal: never });
}
