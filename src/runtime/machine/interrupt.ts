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
  if (await isAlone(shell)) ask(shell, command);
  else await signalForeground(shell, command, "SIGINT");
  if (await command.endsWithin(150)) return;
  await signalForeground(shell, command, "SIGTERM");
  if (await command.endsWithin(400)) return;
  await signalForeground(shell, command, "SIGKILL");
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
  if (await isAlone(shell)) ask(shell, command);
}

function ask(shell: Shell, command: RunningCommand): void {
  if (command.end === undefined) shell.askForEnd();
}

async function isAlone(shell: Shell): Promise<boolean> {
  return (await foreground(shell.process.pid)).length === 0;
}

/** Signals the foreground programs, and has the shell give up the loop they may be in. Does nothing when the command is over meanwhile. */
async function signalForeground(shell: Shell, command: RunningCommand, signal: NodeJS.Signals): Promise<void> {
  const programs = await foreground(shell.process.pid);
  if (command.end !== undefined) return;
  // First, because a loop goes on at once with the next program when one of them has ended.
  shell.process.kill("SIGINT");
  for (const pid of programs) signalProcess(pid, signal);
  if (programs.length === 0) ask(shell, command);
}

/** The programs that have the terminal, or run in the shell's own group, such as `$(…)`. A group that is gone has nothing. */
async function foreground(shellPid: number): Promise<number[]> {
  const row = await readProcess(shellPid);
  if (row === undefined) return [];
  const others = (await listProcesses()).filter((other) => other.pid !== shellPid);
  if (row.foregroundGroup !== row.group && others.some((other) => other.group === row.foregroundGroup)) return [-row.foregroundGroup];
  return others.filter((other) => other.group === row.group).map((other) => other.pid);
}
