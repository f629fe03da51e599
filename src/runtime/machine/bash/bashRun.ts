import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { messageOf } from "../../../protocol/thrown.ts";
import { signalProcess } from "../shellProcess.ts";

export interface BashRun {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** All that it can read; absent: nothing, not even an end. */
  readonly stdin?: string;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
}

export type BashPart = { readonly stdout: string } | { readonly stderr: string };

export interface BashEnd {
  /** What was not told as a part yet. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly isTimedOut: boolean;
}

/** Characters; of what a command writes no more is held than this, for each of its two streams. */
const partSize = 1024 * 1024;
/** From SIGTERM to SIGKILL, and from there to the end of its pipes, which something that has left its group may hold open. */
const graceMs = 1000;
export const graceAtEndMs = 400;
/** Because a longer timer would fire at once. */
const longestMs = 2 ** 31 - 1;

/**
 * Runs `command` by the system's shell in a session of its own, to the end of its output. `onPart` hears of all that does not fit into the end,
 * and is waited for. After `timeoutMs` its group gets SIGTERM, then SIGKILL, and the exit code is -1, as when it cannot be started.
 */
export async function runBash(run: BashRun, onPart: (part: BashPart) => Promise<void>): Promise<BashEnd> {
  try {
    return await watch(startShell(run), run, onPart);
  } catch (error) {
    return { stdout: "", stderr: await whyNotRun(error, run.cwd), exitCode: -1, isTimedOut: false };
  }
}

/** Of a folder that is not there the system says that the shell is not. */
async function whyNotRun(error: unknown, cwd: string): Promise<string> {
  const found = await stat(cwd).catch(() => undefined);
  return found?.isDirectory() ? messageOf(error) : `There is no folder ${cwd} to run it in, so nothing was run.`;
}

type Piped = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };

function startShell({ command, cwd, env, stdin }: BashRun): Piped {
  // Because a group of its own is what a signal can reach whole; Windows has none.
  const detached = process.platform !== "win32";
  const child = spawn(command, {
    shell: true,
    detached,
    cwd,
    env: { ...env },
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  // Because a command need not read what it is given.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin);
  if (child.stdout === null || child.stderr === null) throw new Error("The command has no output.");
  return Object.assign(child, { stdout: child.stdout, stderr: child.stderr });
}

async function watch(child: Piped, run: BashRun, onPart: (part: BashPart) => Promise<void>): Promise<BashEnd> {
  const closed = once(child, "close");
  let isEnded = false;
  let isTimedOut = false;
  let ending: Promise<void> | undefined;
  const end = (ms: number): void => {
    isEnded = true;
    ending ??= endGroup(child, ms);
  };
  const late = (): void => {
    isTimedOut = !isEnded;
    end(graceMs);
  };
  const timer = setTimeout(late, Math.min(run.timeoutMs, longestMs));
  const stop = (): void => end(graceAtEndMs);
  run.signal.addEventListener("abort", stop);
  if (run.signal.aborted) stop();
  try {
    const [stdout, stderr] = await Promise.all([
      rest(child.stdout, (text) => onPart({ stdout: text })),
      rest(child.stderr, (text) => onPart({ stderr: text })),
      closed,
    ]);
    return { stdout, stderr, exitCode: isEnded ? -1 : exitCodeOf(child), isTimedOut };
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener("abort", stop);
    await ending;
  }
}

/** All of the stream but what was told as a part; ends also when the stream is destroyed. */
async function rest(stream: Readable, tell: (text: string) => Promise<void>): Promise<string> {
  stream.setEncoding("utf8");
  const pieces: AsyncIterable<string> = stream;
  let text = "";
  try {
    for await (const piece of pieces) {
      text += piece;
      while (text.length > partSize) {
        const cut = cutBefore(text, partSize);
        await tell(text.slice(0, cut));
        text = text.slice(cut);
      }
    }
  } catch (error) {
    // Because we destroy it ourselves when something holds it open after the end.
    if (!stream.destroyed) throw error;
  }
  return text;
}

/** Not inside a character of two halves. */
function cutBefore(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before < 0xdc00 ? at - 1 : at;
}

async function endGroup(child: Piped, politeMs: number): Promise<void> {
  signalGroup(child, "SIGTERM");
  if (await isClosedWithin(child, politeMs)) return signalGroup(child, "SIGKILL");
  signalGroup(child, "SIGKILL");
  if (await isClosedWithin(child, graceMs)) return;
  child.stdout.destroy();
  child.stderr.destroy();
}

async function isClosedWithin(child: Piped, ms: number): Promise<boolean> {
  const isClosed = (): boolean => child.stdout.closed && child.stderr.closed && (child.exitCode ?? child.signalCode) !== null;
  if (isClosed()) return true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  child.once("close", resolve);
  await promise;
  clearTimeout(timer);
  child.off("close", resolve);
  return isClosed();
}

function signalGroup(child: Piped, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") child.kill(signal);
  else signalProcess(-child.pid, signal);
}

function exitCodeOf({ exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null) return exitCode;
  return signalCode === null ? -1 : -constants.signals[signalCode];
}
