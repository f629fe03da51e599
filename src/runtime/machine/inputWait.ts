import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { listProcesses, readProcess } from "./processes.ts";

/** Numbers of the system calls that read, and of those that wait until something can be read. */
const calls: Readonly<Record<string, { readonly read: string; readonly wait: readonly string[] }>> = {
  x64: { read: "0", wait: ["7", "23", "232", "270", "271", "281", "441"] },
  arm64: { read: "63", wait: ["22", "72", "73", "441"] },
};

/**
 * Whether a program before the shell's terminal is waiting for somebody to type: it is blocked reading the terminal, or it has switched
 * the terminal to single keys and waits for an event; or it is another user's, such as `sudo`, and has the terminal hide a line that is
 * typed. Always false where the system does not tell (it does on Linux).
 */
export async function waitsForInput(shellPid: number): Promise<boolean> {
  const own = calls[process.arch];
  const shell = process.platform === "linux" ? await readProcess(shellPid) : undefined;
  if (own === undefined || shell === undefined) return false;
  const group = shell.foregroundGroup > 0 ? shell.foregroundGroup : shell.group;
  const programs = (await listProcesses()).filter((row) => row.group === group).map((row) => row.pid);
  const terminal = fileOf(shellPid, 0);
  let mayWait = false;
  let isOthers = false;
  for (const pid of programs) {
    const [call = "", argument = ""] = textOf(`/proc/${pid}/syscall`).split(" ");
    if (call === own.read && isTerminal(fileOf(pid, Number(argument)), terminal)) return true;
    if (own.wait.includes(call) && isTerminal(fileOf(pid, 0), terminal)) mayWait = true;
    if (call === "" && pid !== shellPid) isOthers = true;
  }
  if (!(mayWait || isOthers) || !terminal.startsWith("/dev/")) return false;
  const settings = await settingsOf(terminal);
  return settings.includes("-icanon") ? mayWait : isOthers && /\s-echo\s/.test(settings);
}

function isTerminal(file: string, terminal: string): boolean {
  return file !== "" && (file === terminal || file === "/dev/tty");
}

async function settingsOf(terminal: string): Promise<string> {
  try {
    return (await promisify(execFile)("stty", ["-F", terminal, "-a"])).stdout;
  } catch {
    // Because the shell may have ended meanwhile, and a machine need not have stty.
    return "";
  }
}

function fileOf(pid: number, descriptor: number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch {
    // Because a process may end at any time, or be none of ours.
    return "";
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // Because a process may end at any time, or be none of ours.
    return "";
  }
}
