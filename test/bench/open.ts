import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { writeLog } from "./longLog.ts";
import type { Part, Row, Target } from "./row.ts";
import { spread } from "./statistics.ts";

const rounds = 5;
const sizes: readonly { readonly count: number; readonly time: Target; readonly memory?: Target }[] = [
  { count: 1_000, time: { atMost: 500 } },
  { count: 10_000, time: { atMost: 500 } },
  { count: 100_000, time: { atMost: 1_500 }, memory: { atMost: 300 } },
];

/** How long it takes until the last page of a long conversation is there, and with how much memory, each in a process of its own. */
export async function measureOpen(folder: string): Promise<Part> {
  await mkdir(folder, { recursive: true });
  const root = await mkdtemp(path.join(folder, "openhands-bench-"));
  try {
    const problems: string[] = [];
    const rows = sizes.flatMap((size) => rowsOf(root, size, problems));
    return { title: `Open a conversation (${rounds} processes each)`, rows, notes: [], problems };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function rowsOf(root: string, { count, time, memory }: (typeof sizes)[number], problems: string[]): Row[] {
  const id = randomUUID();
  writeLog(path.join(root, id), count);
  const times = Array.from({ length: rounds }, () => ({ floor: open("floor", root, id), ours: open("ours", root, id) }));
  if (times.some(({ ours }) => ours.count !== count)) problems.push(`open: not all of ${count} events are there`);
  const both = (value: "tookMs" | "maxRssMb") => ({
    ours: spread(times.map(({ ours }) => ours[value])),
    floor: spread(times.map(({ floor }) => floor[value])),
  });
  return [
    { name: `${count / 1_000}k events`, unit: "ms", ...both("tookMs"), target: time },
    { name: `${count / 1_000}k events`, unit: "MB", ...both("maxRssMb"), ...(memory ? { target: memory } : {}) },
  ];
}

function open(who: string, root: string, id: string): { readonly tookMs: number; readonly maxRssMb: number; readonly count: number } {
  const program = path.join(import.meta.dirname, "openProcess.ts");
  return JSON.parse(execFileSync(process.execPath, [program, who, root, id], { encoding: "utf8" }));
}
