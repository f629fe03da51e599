import { lineDiff } from "../../protocol/lineDiff.ts";

/** `conflicts`: both have changed the same lines, or lines next to each other; the text has both, with marks around them. */
export interface Merged {
  readonly outcome: "merged" | "conflicts";
  readonly text: string;
}

/** Lines `start` to `end` (without it) of the base became `lines`. */
interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/**
 * The changes of both sides to `base` in one text. Line ends, a byte order mark and a missing last line end count like letters. What one side
 * has added is in the text, or there is a conflict.
 */
export function mergeText(base: string, yours: string, theirs: string): Merged {
  const lines = linesOf(base);
  const waiting = { yours: hunksOf(lines, linesOf(yours)), theirs: hunksOf(lines, linesOf(theirs)) };
  const out: string[] = [];
  let outcome: Merged["outcome"] = "merged";
  let at = 0;
  for (let region = nextRegion(waiting); region !== undefined; region = nextRegion(waiting)) {
    out.push(...lines.slice(at, region.start));
    at = region.end;
    const mine = within(region, lines, region.yours);
    const other = within(region, lines, region.theirs);
    if (region.theirs.length === 0 || mine.join("") === other.join("")) out.push(...mine);
    else if (region.yours.length === 0) out.push(...other);
    else {
      outcome = "conflicts";
      out.push(...marked(mine, other));
    }
  }
  out.push(...lines.slice(at));
  return { outcome, text: out.join("") };
}

/** With their ends, so that nothing is lost and nothing is made up. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function hunksOf(base: readonly string[], side: readonly string[]): Hunk[] {
  const numbers = new Map<string, number>();
  // A diff of numbers, because one of texts takes no notice of line ends.
  const numbered = (lines: readonly string[]): string =>
    lines
      .map((line) => {
        const number = numbers.get(line) ?? numbers.size;
        numbers.set(line, number);
        return number;
      })
      .join("\n");
  const hunks: { start: number; end: number; lines: string[] }[] = [];
  let at = 0;
  let open: (typeof hunks)[number] | undefined;
  for (const change of lineDiff(numbered(base), numbered(side))) {
    if (change.side === "same") {
      open = undefined;
      at++;
      continue;
    }
    if (open === undefined) hunks.push((open = { start: at, end: at, lines: [] }));
    if (change.side === "old") open.end = ++at;
    else open.lines.push(side[(change.newNumber ?? 1) - 1] ?? "");
  }
  return hunks;
}

interface Region {
  readonly start: number;
  readonly end: number;
  readonly yours: readonly Hunk[];
  readonly theirs: readonly Hunk[];
}

/** Takes the next hunk and all that touch it, from either side. */
function nextRegion(waiting: { readonly yours: Hunk[]; readonly theirs: Hunk[] }): Region | undefined {
  const start = Math.min(waiting.yours[0]?.start ?? Infinity, waiting.theirs[0]?.start ?? Infinity);
  if (start === Infinity) return undefined;
  let end = start;
  const taken: { readonly yours: Hunk[]; readonly theirs: Hunk[] } = { yours: [], theirs: [] };
  const take = (side: "yours" | "theirs"): boolean => {
    const [next] = waiting[side];
    if (next === undefined || next.start > end) return false;
    waiting[side].shift();
    taken[side].push(next);
    end = Math.max(end, next.end);
    return true;
  };
  while (take("yours") || take("theirs"));
  return { start, end, ...taken };
}

/** One side's lines of the region. */
function within({ start, end }: Pick<Region, "start" | "end">, base: readonly string[], hunks: readonly Hunk[]): string[] {
  const out: string[] = [];
  let at = start;
  for (const hunk of hunks) {
    out.push(...base.slice(at, hunk.start), ...hunk.lines);
    at = hunk.end;
  }
  return [...out, ...base.slice(at, end)];
}

function marked(yours: readonly string[], theirs: readonly string[]): string[] {
  const end = [...yours, ...theirs].some((line) => line.endsWith("\r\n")) ? "\r\n" : "\n";
  const whole = (lines: readonly string[]): string[] => lines.map((line) => (line.endsWith("\n") ? line : line + end));
  return [`<<<<<<< yours${end}`, ...whole(yours), `=======${end}`, ...whole(theirs), `>>>>>>> sandbox${end}`];
}
