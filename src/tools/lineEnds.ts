export type LineEnd = "\n" | "\r\n" | "\r";

/** One line end of any kind. */
export const lineEnd = /\r\n|\n|\r/g;

/** The line end that most lines of `text` have, the plainer one of two that are as many; undefined when it has one line. */
export function lineEndOf(text: string): LineEnd | undefined {
  const windows = text.split("\r\n").length - 1;
  const unix = text.split("\n").length - 1 - windows;
  const old = text.split("\r").length - 1 - windows;
  const most = Math.max(unix, windows, old);
  if (most === 0) return undefined;
  if (unix === most) return "\n";
  return windows === most ? "\r\n" : "\r";
}

/** `text` with every line end made `end`. */
export function withLineEnds(text: string, end: LineEnd): string {
  return text.replaceAll(lineEnd, end);
}

export interface Place {
  readonly start: number;
  readonly end: number;
}

export interface Occurrences {
  readonly count: number;
  /** The first ones, as offsets of the text. */
  readonly places: readonly Place[];
}

const mostPlaces = 20;

/** Where `part` stands in `text`, whatever the line ends of both. Overlaps are not counted. */
export function occurrences(text: string, part: string): Occurrences {
  const { normal, offsets } = normalized(text);
  const wanted = withLineEnds(part, "\n");
  const places: Place[] = [];
  let count = 0;
  for (let at = normal.indexOf(wanted); at !== -1; at = normal.indexOf(wanted, at + wanted.length)) {
    if (count++ < mostPlaces) places.push({ start: offsets(at), end: offsets(at + wanted.length) });
  }
  return { count, places };
}

/** `text` with `\n` line ends, and the way back from its offsets to those of `text`. */
function normalized(text: string): { readonly normal: string; readonly offsets: (offset: number) => number } {
  if (!text.includes("\r")) return { normal: text, offsets: (offset) => offset };
  const removed: number[] = [];
  const normal = text.replaceAll(lineEnd, (end, at: number) => {
    if (end === "\r\n") removed.push(at - removed.length);
    return "\n";
  });
  return { normal, offsets: (offset) => offset + countBelow(removed, offset) };
}

/** How many of the ascending `numbers` are smaller than `limit`. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
