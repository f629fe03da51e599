/** One line of a diff: kept (`same`), taken away (`old`) or added (`new`). Numbers count from 1; an absent one has no such side. */
export interface DiffLine {
  readonly side: "same" | "old" | "new";
  readonly text: string;
  readonly oldNumber?: number;
  readonly newNumber?: number;
}

/** Above this many comparisons the changed middle is shown as wholly replaced: bounded work for any input. */
const maxComparisons = 4_000_000;

/** The lines of both texts, in order, as the shortest edit of lines where that is cheap enough to find. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const old = splitLines(before);
  const now = splitLines(after);
  const start = commonPrefix(old, now);
  const end = commonSuffix(old, now, start);
  const changes = middle(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return number([...same(old.slice(0, start)), ...changes, ...same(old.slice(old.length - end))]);
}

/** How many lines were added and taken away. */
export function diffCounts(diff: readonly DiffLine[]): { readonly added: number; readonly removed: number } {
  return { added: diff.filter((line) => line.side === "new").length, removed: diff.filter((line) => line.side === "old").length };
}

/** The changed lines with `context` kept lines around each change; a gap is `undefined`. */
export function withContext(diff: readonly DiffLine[], context: number): (DiffLine | undefined)[] {
  const shown = new Set<number>();
  diff.forEach((line, index) => {
    if (line.side === "same") return;
    for (let near = index - context; near <= index + context; near++) shown.add(near);
  });
  const out: (DiffLine | undefined)[] = [];
  diff.forEach((line, index) => {
    if (!shown.has(index)) return;
    if (index > 0 && !shown.has(index - 1) && out.length > 0) out.push(undefined);
    out.push(line);
  });
  return out;
}

type Unnumbered = Pick<DiffLine, "side" | "text">;

function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

const same = (lines: readonly string[]): Unnumbered[] => lines.map((text) => ({ side: "same", text }));

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function commonSuffix(a: readonly string[], b: readonly string[], start: number): number {
  let length = 0;
  while (length < a.length - start && length < b.length - start && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}

function middle(old: readonly string[], now: readonly string[]): Unnumbered[] {
  const replaced = (): Unnumbered[] => [
    ...old.map((text): Unnumbered => ({ side: "old", text })),
    ...now.map((text): Unnumbered => ({ side: "new", text })),
  ];
  if (old.length * now.length > maxComparisons) return replaced();
  return walk(old, now, commonLengths(old, now));
}

/** `lengths[i * width + j]` is the length of the longest common subsequence of `old` from i and `now` from j. */
function commonLengths(old: readonly string[], now: readonly string[]): Uint32Array {
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const skip = Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
      lengths[i * width + j] = old[i] === now[j] ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1 : skip;
    }
  }
  return lengths;
}

function walk(old: readonly string[], now: readonly string[], lengths: Uint32Array): Unnumbered[] {
  const width = now.length + 1;
  const out: Unnumbered[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const before = old[i];
    const after = now[j];
    if (before !== undefined && before === after) {
      out.push({ side: "same", text: before });
      i++;
      j++;
    } else if (before !== undefined && (after === undefined || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) {
      out.push({ side: "old", text: before });
      i++;
    } else if (after !== undefined) {
      out.push({ side: "new", text: after });
      j++;
    }
  }
  return out;
}

function number(lines: readonly Unnumbered[]): DiffLine[] {
  let oldNumber = 0;
  let newNumber = 0;
  return lines.map(({ side, text }) => {
    if (side !== "new") oldNumber++;
    if (side !== "old") newNumber++;
    if (side === "old") return { side, text, oldNumber };
    return side === "new" ? { side, text, newNumber } : { side, text, oldNumber, newNumber };
  });
}
