import { type DiffLine, lineDiff, withContext } from "../protocol/lineDiff.ts";

const context = 3;
const signs = { same: " ", old: "-", new: "+" };

/** Both texts as `diff -u` compares them; an absent text is no file. Line ends are not compared. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  const hunks = hunksOf(withContext(lineDiff(before ?? "", after ?? ""), context));
  if (hunks.length === 0) return "";
  const heads = [`--- ${before === undefined ? "/dev/null" : `a/${path}`}`, `+++ ${after === undefined ? "/dev/null" : `b/${path}`}`];
  return [...heads, ...hunks.flatMap((lines) => [headOf(lines), ...lines.map(({ side, text }) => signs[side] + text)])]
    .map((line) => `${line}\n`)
    .join("");
}

function hunksOf(lines: readonly (DiffLine | undefined)[]): DiffLine[][] {
  const hunks: DiffLine[][] = [[]];
  for (const line of lines) {
    if (line === undefined) hunks.push([]);
    else hunks.at(-1)?.push(line);
  }
  return hunks.filter((hunk) => hunk.length > 0);
}

function headOf(lines: readonly DiffLine[]): string {
  const range = (numbers: readonly number[]): string => `${numbers[0] ?? 0},${numbers.length}`;
  const old = lines.flatMap(({ oldNumber }) => oldNumber ?? []);
  const now = lines.flatMap(({ newNumber }) => newNumber ?? []);
  return `@@ -${range(old)} +${range(now)} @@`;
}
