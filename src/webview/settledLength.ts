/**
 * Up to where the blocks of `text` stay what they are, whatever is written behind it: a line that begins a new block behind an empty one.
 * `from` is a former result, or 0.
 */
export function settledLength(text: string, from: number): number {
  let settled = from;
  let fence = "";
  let wasEmpty = false;
  for (let start = from; start < text.length; ) {
    const end = text.indexOf("\n", start);
    if (end === -1) break;
    const line = text.slice(start, end);
    if (fence === "" && wasEmpty && beginsBlock(line)) settled = start;
    fence = fenceAfter(fence, line);
    wasEmpty = fence === "" && line.trim() === "";
    start = end + 1;
  }
  return settled;
}

/** A line that can belong to nothing before the empty line above it. */
function beginsBlock(line: string): boolean {
  return !/^(?:\s|[-*+](?:\s|$)|\d+[.)](?:\s|$)|>|$)/.test(line);
}

/** The fence that is open behind `line`. */
function fenceAfter(open: string, line: string): string {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
  if (open === "") return mark;
  const isEnd = mark.startsWith(open) && line.trim() === mark;
  return isEnd ? "" : open;
}
