import { median, quantile } from "./statistics.ts";

export interface Curve {
  readonly mark: string;
  readonly name: string;
  readonly values: readonly number[];
}

const width = 60;
const height = 12;

/** Curves over the same steps as text: each column is the median of its share of the values. */
export function plot(curves: readonly Curve[], unit: string): string {
  const columns = curves.map(({ mark, values }) => ({ mark, heights: inColumns(values) }));
  // A single slow step must not press everything else to the ground: what is higher is drawn at the top.
  const top =
    quantile(
      columns.flatMap(({ heights }) => heights),
      0.95,
    ) * 1.25;
  const lines = Array.from({ length: height }, (_, row) => {
    const from = (top * (height - 1 - row)) / height;
    const to = (top * (height - row)) / height;
    const cells = Array.from(
      { length: width },
      (__, at) => columns.find(({ heights }) => isIn(Math.min(heights[at] ?? 0, top * 0.999), from, to))?.mark ?? " ",
    );
    return `${to.toFixed(1).padStart(7)} |${cells.join("").trimEnd()}`;
  });
  const steps = String(curves[0]?.values.length ?? 0);
  const legend = curves.map(({ mark, name }) => `${mark} ${name}`).join("   ");
  return [
    `${unit.padStart(7)}    ${legend}`,
    ...lines,
    `${" ".repeat(7)} +${"-".repeat(width)}`,
    `${" ".repeat(9)}1${steps.padStart(width - 1)} steps`,
  ].join("\n");
}

function inColumns(values: readonly number[]): number[] {
  const share = values.length / width;
  return Array.from({ length: width }, (_, at) =>
    median(values.slice(Math.floor(at * share), Math.max(Math.floor(at * share) + 1, Math.floor((at + 1) * share)))),
  );
}

function isIn(value: number, from: number, to: number): boolean {
  return value >= from && value < to;
}
