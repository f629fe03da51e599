import { linesOf, numbered } from "./numberedLines.ts";

/**
 * The lines of `text` that look most like `wanted`, numbered, for a model whose edit did not match.
 * Empty when nothing in the file resembles it. Work is bounded: the first 20,000 lines are looked at.
 */
export function nearestLines(text: string, wanted: string): string {
  const lines = linesOf(text).slice(0, 20_000);
  const targets = linesOf(wanted).map((line) => words(line));
  const anchor = targets.reduce((longest, target, index) => (target.size > (targets[longest]?.size ?? 0) ? index : longest), 0);
  const target = targets[anchor];
  if (target === undefined || target.size === 0) return "";
  const scores = lines.map((line) => similarity(words(line), target));
  const best = scores.reduce((winner, score, index) => (score > (scores[winner] ?? 0) ? index : winner), 0);
  if ((scores[best] ?? 0) < 0.4) return "";
  const start = Math.max(0, best - anchor - 1);
  return numbered(lines.slice(start, start + Math.min(targets.length, 20) + 2), start + 1);
}

function words(line: string): ReadonlySet<string> {
  return new Set(line.match(/\w+|[^\s\w]/g) ?? []);
}

/** Shared words over all words: 1 when both lines have the same ones. */
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
