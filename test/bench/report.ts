import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import path from "node:path";
import type { Noise } from "./noise.ts";
import { isMissed, type Part, type Row } from "./row.ts";
import type { Spread } from "./statistics.ts";

/** What the numbers depend on. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly commit: string;
  readonly loadBefore: number;
}

export function readMachine(root: string): Machine {
  const [first, ...others] = cpus();
  return {
    date: new Date().toISOString(),
    cpu: first?.model.trim() ?? "unknown",
    cores: others.length + 1,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    commit: commitOf(root),
    loadBefore: loadavg()[0] ?? 0,
  };
}

export interface Report {
  readonly machine: Machine;
  readonly noise: Noise;
  readonly parts: readonly Part[];
}

/** Writes `bench.md` and `bench.json` into `folder`, and returns the Markdown. */
export async function writeReport(report: Report, folder: string): Promise<string> {
  const text = render(report);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "bench.md"), text);
  await writeFile(path.join(folder, "bench.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  return text;
}

function render({ machine, noise, parts }: Report): string {
  const { date, cpu, cores, memoryGb, system, node, commit, loadBefore } = machine;
  const beside = `beside it other processes used ${noise.othersCores.toFixed(2)} cores, and ${noise.stolenCores.toFixed(2)} were stolen`;
  const isNoisy = loadBefore > 0.3 || noise.othersCores > 0.1;
  const facts = [
    `${date.slice(0, 16).replace("T", " ")} UTC · commit ${commit} · Node ${node} · ${cores} × ${cpu}, ${memoryGb} GB, ${system}`,
    `Load before: ${loadBefore.toFixed(2)}. The bench took ${noise.seconds.toFixed(0)} s; ${beside}.${isNoisy ? " **Noisy: compare ours with the floor only.**" : ""}`,
    "Medians; behind them the least and the most of the rounds.",
  ];
  const missed = parts.flatMap(({ rows }) => rows.filter(isMissed)).length;
  const verdict = missed === 0 ? "All targets are met." : `**${missed} ${missed === 1 ? "target is" : "targets are"} missed.**`;
  const problems = parts.flatMap((part) => part.problems).map((problem) => `- WRONG: ${problem}`);
  return `${[`# Bench`, ...facts, verdict, ...(problems.length > 0 ? [problems.join("\n")] : []), ...parts.map(renderPart)].join("\n\n")}\n`;
}

function renderPart({ title, rows, notes }: Part): string {
  const head = "| | ours | floor | × floor | target | |\n|---|---:|---:|---:|---:|---|";
  return [`## ${title}`, [head, ...rows.map(renderRow)].join("\n"), ...notes].join("\n\n");
}

function renderRow(row: Row): string {
  const { name, unit, ours, floor, target } = row;
  const times = floor === undefined ? "" : (ours.median / floor.median).toFixed(1);
  const atMost = target === undefined ? "" : `≤ ${target.words ?? `${target.atMost} ${unit}`}`;
  const verdict = target === undefined ? "" : isMissed(row) ? "**MISSED**" : "ok";
  return `| ${name} | ${shown(ours, unit)} | ${floor ? shown(floor, unit) : ""} | ${times} | ${atMost} | ${verdict} |`;
}

function shown({ median, least, most }: Spread, unit: string): string {
  return least === most ? `${digits(median)} ${unit}` : `${digits(median)} ${unit} (${digits(least)}–${digits(most)})`;
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Undefined before the first commit, and outside of a checkout. */
function commitOf(root: string): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "none";
  }
}
