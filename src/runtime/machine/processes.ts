import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** One process as the system lists it; zombies are left out. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Whether it computes, or is about to; not when it waits for something. */
  readonly isActive: boolean;
  /** What holds the processes of one shell together: its session on Linux, its terminal elsewhere. */
  readonly session: string;
  /** The group that has the terminal now, -1 without a terminal. */
  readonly foregroundGroup: number;
}

/** The row of one process; undefined when it is gone. */
export async function readProcess(pid: number): Promise<ProcessRow | undefined> {
  if (process.platform === "linux") return readStat(pid);
  return (await listByPs()).find((row) => row.pid === pid);
}

export async function listProcesses(): Promise<ProcessRow[]> {
  if (process.platform !== "linux") return listByPs();
  const rows = readdirSync("/proc").map((name) => (/^\d+$/.test(name) ? readStat(Number(name)) : undefined));
  return rows.filter((row) => row !== undefined);
}

/** Synchronous, because these files are memory: 20 µs each, and five times that through the thread pool. */
function readStat(pid: number): ProcessRow | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    // Because a process may end at any time, and then it is simply not in the list.
    return undefined;
  }
}

/** The program's name comes in parentheses and may hold any character, so fields count from the last one. */
function parseStat(pid: number, stat: string): ProcessRow | undefined {
  const [state = "", parent, group, session, , foregroundGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X" || session === undefined) return undefined;
  const isActive = state === "R" || state === "D";
  return { pid, parent: Number(parent), group: Number(group), isActive, session, foregroundGroup: Number(foregroundGroup) };
}

/** Whether it was started with the environment variable `entry` (`NAME=value`). Known on Linux only, and of processes that may be looked into. */
export function wasStartedWith(entry: string, pid: number): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(`\0${entry}\0`);
  } catch {
    // Because it may have ended, or be somebody else's: then it is none of ours.
    return false;
  }
}

async function listByPs(): Promise<ProcessRow[]> {
  // Windows has neither process groups nor sessions of terminals.
  if (process.platform === "win32") return [];
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,pgid=,tpgid=,state=,tty="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, group, foregroundGroup, state = "", tty] = line.trim().split(/\s+/);
    // Without a terminal a group is the best that is known.
    const session = tty === undefined || tty.startsWith("?") ? `group ${group}` : tty;
    if (tty === undefined || state.startsWith("Z")) return [];
    const isActive = /^[RDU]/.test(state);
    return [
      { pid: Number(pid), parent: Number(parent), group: Number(group), isActive, session, foregroundGroup: Number(foregroundGroup) },
    ];
  });
}
