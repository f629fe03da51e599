// Who was started by whom, read from the system. A bare Debian has no `ps`, so Linux is asked through /proc.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The processes that `ancestor` started, and those that they started, as they are now; parents come before children. */
export function descendants(ancestor) {
  const pairs = process.platform === "linux" ? readProc() : process.platform === "win32" ? [] : readPs();
  const found = [ancestor];
  for (const parent of found) for (const { pid, ppid } of pairs) if (ppid === parent) found.push(pid);
  return found.slice(1);
}

/** Whether the process still runs. One that has ended and waits for its parent to look (a zombie) does not count. */
export function isAlive(pid) {
  if (process.platform === "linux") return readStat(String(pid)).some(({ state }) => state !== "Z");
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Sends a signal to each process that is still there. */
export function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // Because a process may end between the look and the signal.
      if (error.code !== "ESRCH") throw error;
    }
  }
}

function readProc() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readStat);
}

/** The parent is the second field after the name, which is in brackets and may itself contain brackets and spaces. */
function readStat(name) {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "utf8");
    const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(name), ppid: Number(ppid), state }];
  } catch {
    // Because the process ended while we looked, it is nobody's child any more.
    return [];
  }
}

function readPs() {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => line.trim().split(/\s+/)).map(([pid, ppid]) => ({ pid: Number(pid), ppid: Number(ppid) }));
}
