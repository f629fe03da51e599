import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startMockModel } from "./mockProcess.ts";
import { type Player, type Playthrough, play, prompt, type Stage } from "./playthrough.ts";
import { plot } from "./plot.ts";
import type { Part, Row } from "./row.ts";
import { median, spread } from "./statistics.ts";

const shortSteps = 50;
const shortRounds = 9;
const longSteps = 200;
const longRounds = 3;
/** Just below the number of steps after which a run stops. */
const curveSteps = 480;
/** How many steps at the beginning and at the end of a long play are compared; the first ones start the shell and warm the code up. */
const windowSteps = 40;
const warmUpSteps = 20;
/** How long disturbed plays are repeated; on a quiet machine none are. */
const patienceMs = 50_000;

const floor: Player = { name: "floor", argv: [process.execPath, path.join(import.meta.dirname, "floor.mjs"), prompt], keepsLog: false };

function ours(cli: string): Player {
  return { name: "ours", argv: [process.execPath, cli, "run", prompt, "--confirm", "never"], keepsLog: true };
}

/** The whole agent at work with a model that answers at once: what is left is the harness. */
export async function measureLoop(dist: string): Promise<Part> {
  const root = await mkdtemp(path.join(tmpdir(), "openhands-bench-"));
  try {
    await using model = await startMockModel();
    const own = ours(path.join(dist, "cli.js"));
    const stage = { root, model, patientUntil: performance.now() + patienceMs };
    const warmUp = await alternate([floor, own], 9, 1, stage);
    const short = await alternate([floor, own], shortSteps, shortRounds, stage);
    const long = await alternate([floor, own], longSteps, longRounds, stage);
    const curve = await alternate([floor, own], curveSteps, 1, stage);
    const all = [warmUp, short, long, curve].flat(2);
    return {
      title: `Agent loop (${shortSteps} steps × ${shortRounds} rounds, ${longSteps} steps × ${longRounds} rounds)`,
      rows: [...shortRows(short), ...longRows(short, long)],
      notes: [`Step time against the length of the conversation, in one play of ${curveSteps} steps:`, drawn(curve)],
      problems: [...new Set(all.flatMap(({ problems }) => problems))],
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

type Pair = readonly [floor: Playthrough[], ours: Playthrough[]];

/** Each round plays both, the other one first each time. */
async function alternate([first, second]: readonly [Player, Player], steps: number, rounds: number, stage: Stage): Promise<Pair> {
  const pair: Pair = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      pair[index].push(await play(index === 0 ? first : second, steps, stage));
    }
  }
  return pair;
}

function shortRows([base, own]: Pair): Row[] {
  const row = (name: string, unit: string, value: (one: Playthrough) => number): Row => ({
    ...{ name, unit, ours: spread(own.map(value)), floor: spread(base.map(value)) },
  });
  const sent = row("sent in all", "MB", (one) => one.sentMb);
  return [
    { ...row("start to first request", "ms", (one) => one.startMs), target: { atMost: 120 } },
    { ...row("step p50", "ms", (one) => one.stepP50Ms), target: { atMost: 2.5 } },
    row("step p95", "ms", (one) => one.stepP95Ms),
    row("first step, with the shell's start", "ms", (one) => one.stepsMs[0] ?? Number.NaN),
    row("last answer to exit", "ms", (one) => one.endMs),
    { ...row("wall", "s", (one) => one.wallS), target: { atMost: 0.4 } },
    { ...row("peak memory of the process tree", "MB", (one) => one.peakRssMb), target: { atMost: 110 } },
    row("CPU", "s", (one) => one.cpuS),
    { ...sent, target: { atMost: (sent.floor?.median ?? 0) * 1.5, words: "1.5 × floor" } },
  ];
}

function longRows(short: Pair, long: Pair): Row[] {
  const both = (name: string, unit: string, value: (index: 0 | 1) => number[]): Row => ({
    name,
    unit,
    ours: spread(value(1)),
    floor: spread(value(0)),
  });
  const perStep = (index: 0 | 1): number[] => {
    const before = median(short[index].map(({ cpuS }) => cpuS));
    return long[index].map(({ cpuS }) => ((cpuS - before) * 1000) / (longSteps - shortSteps));
  };
  return [
    { ...both(`late/early step, at ${longSteps} steps`, "×", (index) => long[index].map(lateToEarly)), target: { atMost: 1.1 } },
    { ...both(`CPU of one more step, ${shortSteps} to ${longSteps}`, "ms", perStep), target: { atMost: 4 } },
    both(`peak memory, at ${longSteps} steps`, "MB", (index) => long[index].map(({ peakRssMb }) => peakRssMb)),
  ];
}

function lateToEarly({ stepsMs }: Playthrough): number {
  return median(stepsMs.slice(-windowSteps)) / median(stepsMs.slice(warmUpSteps, warmUpSteps + windowSteps));
}

function drawn([[base], [own]]: Pair): string {
  const curves = [
    { mark: "o", name: "ours", values: own?.stepsMs ?? [] },
    { mark: ".", name: "floor", values: base?.stepsMs ?? [] },
  ];
  return `\`\`\`text\n${plot(curves, "ms")}\n\`\`\``;
}
