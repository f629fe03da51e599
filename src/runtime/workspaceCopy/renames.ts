import type { Comparison, Difference } from "./compare.ts";

/** Only of so many files is it asked whether they are similar, and only of small ones. */
const mostCompared = 40;
const mostBytes = 128 * 1024;
const leastSimilar = 0.6;

/** A deleted file whose content is in a created one, wholly or for the most part, has been renamed. */
export async function pairRenames(differences: readonly Difference[], comparison: Comparison): Promise<Difference[]> {
  const pairs = new Map<Difference, Difference>();
  const gone = new Set(differences.filter(({ kind, base }) => kind === "deleted" && base?.type === "file" && base.sizeBytes > 0));
  const made = differences.filter(({ kind, now }) => kind === "created" && now?.type === "file" && now.sizeBytes > 0);
  const pair = (created: Difference, deleted: Difference): void => {
    pairs.set(created, deleted);
    gone.delete(deleted);
  };
  const byHash = Map.groupBy(gone, ({ base }) => base?.sha256);
  for (const created of made) {
    const same = byHash.get(created.now?.sha256)?.find((deleted) => gone.has(deleted));
    if (same !== undefined) pair(created, same);
  }
  const rest = made.filter((created) => !pairs.has(created) && created.now?.isBinary === false && created.now.sizeBytes <= mostBytes);
  if (gone.size > 0 && gone.size <= mostCompared && rest.length <= mostCompared) await pairSimilar({ rest, gone, pair, comparison });
  const paired = new Set(pairs.values());
  return differences
    .filter((difference) => !paired.has(difference))
    .map((difference) => {
      const from = pairs.get(difference);
      if (from?.base === undefined || difference.now === undefined) return difference;
      return { path: difference.path, kind: "renamed", from: from.path, base: from.base, now: difference.now };
    });
}

interface Pairing {
  readonly rest: readonly Difference[];
  readonly gone: Set<Difference>;
  readonly pair: (created: Difference, deleted: Difference) => void;
  readonly comparison: Comparison;
}

async function pairSimilar({ rest, gone, pair, comparison }: Pairing): Promise<void> {
  const { base, workspace, signal } = comparison;
  const before: { readonly deleted: Difference; readonly lines: ReadonlyMap<string, number> }[] = [];
  for (const deleted of gone) {
    const content = deleted.base !== undefined && deleted.base.sizeBytes <= mostBytes ? await base.content(deleted.base) : undefined;
    if (content !== undefined) before.push({ deleted, lines: countLines(content) });
  }
  if (before.length === 0) return;
  for (const created of rest) {
    const { bytes } = await workspace.read(created.path, { maxBytes: mostBytes * 2, signal });
    const lines = countLines(bytes);
    const [best] = before
      .filter(({ deleted }) => gone.has(deleted))
      .map(({ deleted, lines: old }) => ({ deleted, likeness: likeness(old, lines) }))
      .toSorted((a, b) => b.likeness - a.likeness);
    if (best !== undefined && best.likeness >= leastSimilar) pair(created, best.deleted);
  }
}

function countLines(bytes: Uint8Array): Map<string, number> {
  const lines = new Map<string, number>();
  for (const line of new TextDecoder().decode(bytes).split("\n")) if (line.trim() !== "") lines.set(line, (lines.get(line) ?? 0) + 1);
  return lines;
}

/** The part of the letters in lines that both have, from 0 to 1. */
function likeness(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let common = 0;
  for (const [line, count] of one) common += line.length * Math.min(count, other.get(line) ?? 0);
  const all = Math.max(lettersOf(one), lettersOf(other));
  return all === 0 ? 0 : common / all;
}

function lettersOf(lines: ReadonlyMap<string, number>): number {
  let letters = 0;
  for (const [line, count] of lines) letters += line.length * count;
  return letters;
}
