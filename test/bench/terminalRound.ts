// One round of the terminal's numbers in a process of its own, because memory of an earlier round would hide what this one takes.

import { tmpdir } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openBarePty } from "./barePty.ts";
import { quantile } from "./statistics.ts";
import { measureTerminal, type TerminalNumbers } from "./terminal.ts";

export interface TerminalRound {
  readonly ours: TerminalNumbers & { readonly loopDelayP99Ms: number };
  readonly floor: { readonly trueP50Ms: number; readonly trueP95Ms: number; readonly floodSeconds: number };
}

const calls = 500;

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const numbers = await measureTerminal({}, calls);
delay.disable();
const ours = { ...numbers, loopDelayP99Ms: delay.percentile(99) / 1e6 };
process.stdout.write(JSON.stringify({ ours, floor: await measureFloor() } satisfies TerminalRound));
process.exit();

async function measureFloor(): Promise<TerminalRound["floor"]> {
  using shell = await openBarePty(tmpdir());
  for (let call = 0; call < 200; call++) await shell.run("true");
  const times: number[] = [];
  for (let call = 0; call < calls; call++) times.push(await msOf(() => shell.run("true")));
  const flood = await msOf(() => shell.run("head -c 100000000 /dev/zero | tr '\\0' x | fold -w 99"));
  return { trueP50Ms: quantile(times, 0.5), trueP95Ms: quantile(times, 0.95), floodSeconds: flood / 1000 };
}

async function msOf(action: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await action();
  return performance.now() - since;
}
