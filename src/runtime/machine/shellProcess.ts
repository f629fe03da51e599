import { codeOf } from "../../protocol/thrown.ts";

/** A shell with something to read its keys from: the seam between the terminal and node-pty (or pipes). */
export interface ShellProcess {
  readonly pid: number;
  /** Whether programs in it see a terminal. Without one, keys are plain bytes and there is no job control. */
  readonly isTerminal: boolean;
  /** The number of the Ctrl-C key is a byte like any other here; sending a signal is `kill`. */
  write(data: string): void;
  resize(cols: number, rows: number): void;
  /** No `onData` until `resume`; what the process writes waits in the system, and then the process does. */
  pause(): void;
  resume(): void;
  /** Does nothing when the process is gone. */
  kill(signal: NodeJS.Signals): void;
}

export interface ShellProcessListener {
  onData(bytes: Buffer): void;
  /** Comes once, after the last `onData`. The code is 128 + n after signal n, null when it is not known. */
  onExit(exitCode: number | null): void;
}

export interface ShellProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
}

/** Starts a program; throws when that is not possible. */
export type SpawnShell = (options: ShellProcessOptions, listener: ShellProcessListener) => ShellProcess;

/** Sends `signal` to one process, or to a group when `pid` is negative; a process that is gone is what was wanted. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  // Because macOS says EPERM for a zombie, and a process of somebody else is none of ours.
  return codeOf(error) === "ESRCH" || codeOf(error) === "EPERM";
}
