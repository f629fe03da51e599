import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

export interface TreeOptions {
  readonly argv: readonly string[];
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where what it prints goes. */
  readonly outputFile: string;
}

/** What one run of a program and all that it started took. Times of day are milliseconds of the monotonic clock. */
export interface TreeCost {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exitCode: number | null;
  /** User and system time, in steps of 10 ms. */
  readonly cpuMs: number;
  /** Sampled, and summed over the processes: pages that two of them share count twice. */
  readonly peakRssMb: number;
}

const sampleMs = 20;
const mostMs = 60_000;

export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Runs a program to its end. Nothing else that this process has started may end meanwhile: its time would be counted too. */
export async function runTree({ argv: [program = "", ...args], env, cwd, outputFile }: TreeOptions): Promise<TreeCost> {
  const output = openSync(outputFile, "w");
  const cpuBefore = endedChildrenCpuMs();
  const startedAt = now();
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", output, output], timeout: mostMs });
  const memory = sampleMemory(child);
  const [exitCode] = (await once(child, "exit")) as [number | null];
  const endedAt = now();
  clearInterval(memory.timer);
  closeSync(output);
  return { startedAt, endedAt, exitCode, cpuMs: endedChildrenCpuMs() - cpuBefore, peakRssMb: memory.peakMb() };
}

function sampleMemory(child: ChildProcess): { readonly timer: NodeJS.Timeout; readonly peakMb: () => number } {
  let seen = new Set<number>();
  let peak = 0;
  const timer = setInterval(() => {
    const pids = descendants(child.pid ?? 0);
    // From its second sample on, because between fork and exec a child shows its parent's memory as its own.
    const sum = pids.filter((pid) => pid === child.pid || seen.has(pid)).reduce((total, pid) => total + rssMb(pid), 0);
    seen = new Set(pids);
    peak = Math.max(peak, sum);
  }, sampleMs);
  return { timer, peakMb: () => peak };
}

function descendants(pid: number): number[] {
  const threads = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = threads.flatMap((thread) => words(`/proc/${pid}/task/${thread}/children`).map(Number));
  return [pid, ...children.flatMap(descendants)];
}

export function rssMb(pid: number): number {
  return (Number(words(`/proc/${pid}/statm`)[1] ?? 0) * 4096) / 2 ** 20;
}

/** User and system time of the children that have been waited for, and of theirs. */
export function endedChildrenCpuMs(): number {
  const { 13: user, 14: system } = statOf("self");
  return ticksMs(user, system);
}

/** User and system time of a process that runs. */
export function runningCpuMs(pid: number): number {
  const { 11: user, 12: system } = statOf(pid);
  return ticksMs(user, system);
}

/** What the first thread of a process has spent on a processor. */
export function mainThreadMs(pid: number): number {
  return Number(words(`/proc/${pid}/task/${pid}/schedstat`)[0] ?? 0) / 1e6;
}

/** The fields behind the program's name, which may hold anything. */
function statOf(pid: number | "self"): readonly string[] {
  return (attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8")) ?? "").split(") ").at(-1)?.split(" ") ?? [];
}

const ticksMs = (user = "0", system = "0"): number => (Number(user) + Number(system)) * 10;

/** Work and theft of the whole machine since it was started, in steps of 10 ms. */
export function machineCpuMs(): { readonly busy: number; readonly stolen: number } {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (attempt(() => readFileSync("/proc/stat", "utf8")) ?? "")
    .split("\n", 1)
    .join("")
    .split(/\s+/)
    .map(Number);
  return { busy: (user + nice + system + irq + softirq) * 10, stolen: stolen * 10 };
}

function words(file: string): string[] {
  return (attempt(() => readFileSync(file, "utf8")) ?? "").split(" ").filter((word) => word.trim() !== "");
}

/** Because a process may end while it is looked at, and there is no /proc outside of Linux. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
