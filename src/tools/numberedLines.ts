import { lineEnd } from "./lineEnds.ts";

/** The lines of `text` without their ends; a final line end does not begin a further line. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(lineEnd);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Like `cat -n`: the number right-aligned to six, a tab, the line. `first` is the number of the first one. */
export function numbered(lines: readonly string[], first: number): string {
  return lines.map((line, index) => `${String(first + index).padStart(6)}\t${line}`).join("\n");
}

/** The number of the line that `offset` is in, counted from 1. */
export function lineNumberAt(text: string, offset: number): number {
  let number = 1;
  for (const end of text.slice(0, offset).matchAll(lineEnd)) {
    // One that is cut in two here is not over.
    if (end[0] === "\r" && end.index === offset - 1 && text[offset] === "\n") break;
    number++;
  }
  return number;
}

/** Where the line after the first `count` ones begins. */
export function offsetAfterLines(text: string, count: number): number {
  let passed = 0;
  if (count === 0) return 0;
  for (const end of text.matchAll(lineEnd)) if (++passed === count) return end.index + end[0].length;
  return text.length;
}
