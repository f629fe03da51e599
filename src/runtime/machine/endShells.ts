import { setTimeout as delay } from "node:timers/promises";
import { listProcesses, readProcess } from "./processes.ts";
import type { Shell } from "./shell.ts";
import { signalProcess } from "./shellProcess.ts";

const politeMs = 400;
const firmMs = 1000;
const longestPauseMs = 80;

/**
 * Ends shells and everything that was started in them and has not left their session: by a hang-up, as when a terminal
 * window is closed, and TERM for what does not mind one (`nohup`); then by force. Takes at most one and a half seconds.
 */
export async function endShells(shells: readonly Shell[]): Promise<void> {
  if (process.platform === "win32") {
    for (const shell of shells) shell.process.kill("SIGKILL");
    return;
  }
  const sessions = new Set<string>();
  for (const shell of shells) sessions.add((await sessionOf(shell)) ?? "");
  sessions.delete("");
  await signalUntilGone({ shells, sessions }, ["SIGHUP", "SIGTERM", "SIGCONT"], politeMs);
  await signalUntilGone({ shells, sessions }, ["SIGKILL"], firmMs);
}

interface Doomed {
  readonly shells: readonly Shell[];
  readonly sessions: ReadonlySet<string>;
}

async function sessionOf(shell: Shell): Promise<string | undefined> {
  const { pid } = shell.process;
  const row = await readProcess(pid);
  if (!shell.hasExited) return row?.session;
  // Because a number may be given again: a process with the number of a dead shell is a stranger, and so is its session.
  return row === undefined && process.platform === "linux" ? String(pid) : undefined;
}

async function signalUntilGone({ shells, sessions }: Doomed, signals: readonly NodeJS.Signals[], timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  const signalled = new Set<number>();
  for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const members = (await listProcesses()).filter((row) => sessions.has(row.session));
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
