import { readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { listProcesses, readProcess } from "./processes.ts";
import { signalProcess } from "./shellProcess.ts";

const patienceMs = 300;
const pauseMs = 5;

/**
 * Ends the program that a shell has lost: one that it was just starting when Ctrl-C reached the shell and not yet the program. The shell goes
 * back to its prompt, and the program takes the terminal away from it. Known on Linux only; elsewhere nothing is done.
 */
export async function endStray(shellPid: number): Promise<void> {
  if (process.platform !== "linux") return;
  const deadline = performance.now() + patienceMs;
  // It takes the terminal before it becomes the program. A part of the shell that only waits, such as a job in the background, never will.
  while ((await isStarting(shellPid)) && performance.now() < deadline) await delay(pauseMs);
  const shell = await readProcess(shellPid);
  if (shell === undefined || shell.foregroundGroup <= 0 || shell.foregroundGroup === shell.group) return;
  signalProcess(-shell.foregroundGroup, "SIGKILL");
  // By which it takes its terminal back.
  signalProcess(shellPid, "SIGINT");
}

async function isStarting(shellPid: number): Promise<boolean> {
  const children = (await listProcesses()).filter((row) => row.parent === shellPid && row.isActive);
  if (children.length === 0) return false;
  const shell = programOf(shellPid);
  return children.some(({ pid }) => programOf(pid) === shell);
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // Because it may be gone by now.
    return undefined;
  }
}
