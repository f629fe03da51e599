import { setTimeout as delay } from "node:timers/promises";
import { listProcesses, type ProcessRow, readProcess, wasStartedWith } from "./processes.ts";
import type { Shell } from "./shell.ts";
import { type ShellProcess, signalProcess } from "./shellProcess.ts";

const politeMs = 400;
const firmMs = 1000;
const longestPauseMs = 80;

/** What has to be known of a shell to end it. */
export type EndedShell = Pick<Shell, "hasExited" | "exit"> & { readonly process: Pick<ShellProcess, "pid" | "kill"> };

/**
 * Ends shells and everything that was started in them: by a hang-up, as when a terminal window is closed, and TERM for what does not mind
 * one (`nohup`); then by force. What has left their session (`setsid`) is known by `mark`. Takes at most one and a half seconds.
 */
export async function endShells(shells: readonly EndedShell[], mark: string): Promise<void> {
  if (process.platform === "win32") return kill(shells);
  try {
    await endAll(shells, mark);
  } catch {
    // Because who can open no file any more cannot list processes either.
    kill(shells);
  }
}

function kill(shells: readonly EndedShell[]): void {
  for (const shell of shells) shell.process.kill("SIGKILL");
}

async function endAll(shells: readonly EndedShell[], mark: string): Promise<void> {
  const sessions = new Set<string>();
  for (const shell of shells) sessions.add((await sessionOf(shell)) ?? "");
  sessions.delete("");
  const isDoomed = (row: ProcessRow): boolean => sessions.has(row.session) || wasStartedWith(mark, row.pid);
  await signalUntilGone({ shells, isDoomed }, ["SIGHUP", "SIGTERM", "SIGCONT"], politeMs);
  await signalUntilGone({ shells, isDoomed }, ["SIGKILL"], firmMs);
}

/** Kills what the terminals of a process that is gone have left, each of them known by its mark. */
export async function killOrphans(marks: readonly string[]): Promise<void> {
  const isDoomed = ({ pid }: ProcessRow): boolean => marks.some((mark) => wasStartedWith(mark, pid));
  if (marks.length > 0) await signalUntilGone({ shells: [], isDoomed }, ["SIGKILL"], firmMs);
}

interface Doomed {
  readonly shells: readonly EndedShell[];
  readonly isDoomed: (row: ProcessRow) => boolean;
}

/**
 * Undefined when nothing may be ended by its session. A shell that was started just now is still in the session of this very process, which
 * must never be taken for its own; it leaves it within a moment.
 */
async function sessionOf(shell: EndedShell): Promise<string | undefined> {
  const { pid } = shell.process;
  const ours = (await readProcess(process.pid))?.session;
  for (const until = performance.now() + firmMs; performance.now() < until; await delay(1)) {
    const row = await readProcess(pid);
    // Because a number may be given again: a process with the number of a dead shell is a stranger, and so is its session.
    if (shell.hasExited || row === undefined) return row === undefined && process.platform === "linux" ? String(pid) : undefined;
    if (row.session !== ours) return row.session;
  }
  shell.process.kill("SIGKILL");
  return undefined;
}

async function signalUntilGone({ shells, isDoomed }: Doomed, signals: readonly NodeJS.Signals[], timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  const signalled = new Set<number>();
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const members = (await listProcesses()).filter(isDoomed);
    if (members.length === 0) return;
    for (const { pid } of members) {
      // Each hears it once: a program that tidies up must not be disturbed. A stopped one hears it when it goes on.
      if (signalled.has(pid)) continue;
      for (const signal of signals) signalProcess(pid, signal);
      signalled.add(pid);
    }
    const left = until - performance.now();
    if (left < 0) return;
    // A shell that leaves nothing behind, as most do, is known to be gone as soon as it is.
    const lone = members.length === 1 ? shells.find((shell) => shell.process.pid === members[0]?.pid) : undefined;
    if (lone !== undefined) await lone.exit(left);
    if (lone?.hasExited === true) return;
    await delay(pauseMs);
  }
}
