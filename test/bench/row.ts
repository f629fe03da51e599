import type { Spread } from "./statistics.ts";

/** One measured number, beside the least that it could be and the most that it should be. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly floor?: Spread;
  readonly target?: Target;
}

/** `atMost` in the row's unit; `words` where that is not what was agreed, such as "1.5 × floor". */
export interface Target {
  readonly atMost: number;
  readonly words?: string;
}

/** What one part of the bench has found. */
export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Sentences and plots under the table, as Markdown. */
  readonly notes: readonly string[];
  /** What was wrong, rather than slow: these fail the bench. */
  readonly problems: readonly string[];
}

export function isMissed({ ours, target }: Row): boolean {
  return target !== undefined && !(ours.median <= target.atMost);
}
