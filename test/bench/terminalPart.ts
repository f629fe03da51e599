import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { Part, Row, Target } from "./row.ts";
import { spread } from "./statistics.ts";
import type { TerminalRound } from "./terminalRound.ts";

const rounds = 3;

/** The machine's terminal, beside a bare bash in a pseudo terminal. */
export async function measureTerminalPart(): Promise<Part> {
  const found: TerminalRound[] = [];
  for (let round = 0; round < rounds; round++) found.push(await measureRound());
  const row = (name: string, unit: string, ours: (one: TerminalRound) => number, target?: Target): Row => ({
    ...{ name, unit, ours: spread(found.map(ours)), ...(target ? { target } : {}) },
  });
  const floor = (of: (one: TerminalRound["floor"]) => number) => ({ floor: spread(found.map((one) => of(one.floor))) });
  return {
    title: `Terminal (${rounds} rounds)`,
    rows: [
      { ...row("`true` p50", "ms", ({ ours }) => ours.trueP50Ms, { atMost: 0.3 }), ...floor(({ trueP50Ms }) => trueP50Ms) },
      { ...row("`true` p95", "ms", ({ ours }) => ours.trueP95Ms), ...floor(({ trueP95Ms }) => trueP95Ms) },
      { ...row("100 MB of output", "s", ({ ours }) => ours.floodSeconds, { atMost: 3 }), ...floor(({ floodSeconds }) => floodSeconds) },
      row("growth of memory meanwhile", "MB", ({ ours }) => ours.floodGrowthMB, { atMost: 64 }),
      row("delay of the event loop meanwhile, p99 (sampled every 5 ms)", "ms", ({ ours }) => ours.loopDelayP99Ms, { atMost: 50 }),
      row("opening it and the first command", "ms", ({ ours }) => ours.firstCommandMs),
      row("closing it", "ms", ({ ours }) => ours.disposeMs),
    ],
    notes: [],
    problems: [],
  };
}

async function measureRound(): Promise<TerminalRound> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(import.meta.dirname, "terminalRound.ts")], { timeout: 60_000 });
  return JSON.parse(stdout) as TerminalRound;
}
