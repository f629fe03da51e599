import { listProcesses, readProcess } from "./processes.ts";
import type { RunningCommand } from "./runningCommand.ts";
import type { Shell } from "./shell.ts";
import { signalProcess } from "./shellProcess.ts";

/**
 * Ends the running command, within two seconds: by Ctrl-C, then by signals to the process group that has the terminal.
 * The shell stays, unless it is the shell itself that hangs: then it is killed, and the command ends with it.
 */
export async function interruptCommand(shell: Shell, command: RunningCommand): Promise<void> {
  shell.interrupt();
  if (await command.endsWithin(200)) return;
  if (await isAlone(shell)) shell.askForEnd();
  else await signalForeground(shell, "SIGINT");
  if (await command.endsWithin(300)) return;
  await signalForeground(shell, "SIGTERM");
  if (await command.endsWithin(400)) return;
  await signalForeground(shell, "SIGKILL");
  if (await command.endsWithin(300)) return;
  shell.process.kill("SIGKILL");
  await command.endsWithin(400);
}

/**
 * For a command that somebody has pressed Ctrl-C for: when it is over but has broken the prompt that would tell so, the
 * shell is asked.
 */
export async function askAfterControlC(shell: Shell, command: RunningCommand): Promise<void> {
  if (await command.endsWithin(200)) return;
  if (await isAlone(shell)) shell.askForEnd();
}

async function isAlone(shell: Shell): Promise<boolean> {
  return (await foreground(shell.process.pid)).length === 0;
}

/** Signals the foreground programs, and has the shell give up the loop they may be in. */
async function signalForeground(shell: Shell, signal: NodeJS.Signals): Promise<void> {
  // First, because a loop goes on at once with the next program when one of them has ended.
  shell.process.kill("SIGINT");
  for (const pid of await foreground(shell.process.pid)) signalProcess(pid, signal);
}

/** A process group (as a negative number), or the programs that run in the shell's own group, such as `$(…)`. */
async function foreground(shellPid: number): Promise<number[]> {
  const row = await readProcess(shellPid);
  if (row === undefined) return [];
  if (row.foregroundGroup > 0 && row.foregroundGroup !== row.group) return [-row.foregroundGroup];
  const rows = await listProcesses();
  return rows.filter((other) => other.group === row.group && other.pid !== shellPid).map((other) => other.pid);
}
