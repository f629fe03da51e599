import { tmpdir } from "node:os";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";

export interface TerminalNumbers {
  /** Opening the runtime and running the first `true`. */
  readonly firstCommandMs: number;
  /** Round trips of `true`, one after the other. */
  readonly trueP50Ms: number;
  readonly trueP95Ms: number;
  /** A hundred million bytes in lines of 100, and how much this process grew while they came. */
  readonly floodSeconds: number;
  readonly floodMBPerSecond: number;
  readonly floodGrowthMB: number;
  readonly disposeMs: number;
}

const floodBytes = 100_000_000;

/** Measures a terminal of this machine; `options` choose which. */
export async function measureTerminal(options: Partial<MachineOptions> = {}, calls = 1000): Promise<TerminalNumbers> {
  const opened = performance.now();
  const runtime = await openMachineRuntime({ workingDir: tmpdir(), wall: "none", ...options });
  const { signal } = new AbortController();
  const run = (command: string): Promise<unknown> =>
    runtime.terminal.run({ type: "command", command, timeoutMs: 60_000, noChangeTimeoutMs: 60_000 }, { signal });
  await run("true");
  const firstCommandMs = performance.now() - opened;
  for (let call = 0; call < 200; call++) await run("true");
  const times: number[] = [];
  for (let call = 0; call < calls; call++) times.push(await msOf(() => run("true")));
  times.sort((a, b) => a - b);
  const flood = await measureFlood(() => run(`head -c ${floodBytes} /dev/zero | tr '\\0' x | fold -w 99`));
  const disposeMs = await msOf(async () => runtime[Symbol.asyncDispose]());
  return { firstCommandMs, trueP50Ms: quantile(times, 0.5), trueP95Ms: quantile(times, 0.95), ...flood, disposeMs };
}

async function measureFlood(
  flood: () => Promise<unknown>,
): Promise<Pick<TerminalNumbers, "floodSeconds" | "floodMBPerSecond" | "floodGrowthMB">> {
  const before = process.memoryUsage.rss();
  let highest = before;
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 10);
  const floodSeconds = (await msOf(flood)) / 1000;
  clearInterval(watch);
  return { floodSeconds, floodMBPerSecond: floodBytes / 1e6 / floodSeconds, floodGrowthMB: (highest - before) / 1e6 };
}

async function msOf(action: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await action();
  return performance.now() - since;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
}
