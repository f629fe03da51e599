import type { LogItem } from "./groups.ts";

const itemsPerChunk = 8;
/** Of one item that was never drawn; only the length of the scroll bar depends on it. */
const usualPixels = 48;

/** A part of the log that is drawn, or left out, as one. Its id is that of its first item. */
export interface Chunk {
  readonly id: string;
  readonly items: readonly LogItem[];
}

/** Which chunks are drawn, and how many pixels stand for those before and behind them. */
export interface LiveRange {
  readonly from: number;
  /** The first one behind. */
  readonly to: number;
  readonly above: number;
  readonly below: number;
}

/** A place in the log: so many pixels below the top of a chunk. */
export interface ChunkPlace {
  readonly index: number;
  readonly offset: number;
}

/** The log in chunks that stay what they are when items come at either end, and how high each of them is. */
export class Chunks {
  readonly #starts = new Set<string>();
  readonly #heights = new Map<string, number>();

  of(items: readonly LogItem[]): readonly Chunk[] {
    const chunks: { id: string; items: LogItem[] }[] = [];
    for (const item of items) {
      const last = chunks.at(-1);
      if (last !== undefined && last.items.length < itemsPerChunk && !this.#starts.has(item.id)) {
        last.items.push(item);
        continue;
      }
      this.#starts.add(item.id);
      chunks.push({ id: item.id, items: [item] });
    }
    return chunks;
  }

  /** As it was drawn last; a guess for one that never was. */
  heightOf(chunk: Chunk): number {
    return this.#heights.get(chunk.id) ?? chunk.items.length * usualPixels;
  }

  measured(id: string, height: number): void {
    this.#heights.set(id, height);
  }

  /** Because the width has changed: what is not drawn now has some other height. */
  forgetHeights(): void {
    this.#heights.clear();
  }

  /** Where `pixels` from the top of all chunks is. */
  placeAt(chunks: readonly Chunk[], pixels: number): ChunkPlace {
    let top = 0;
    for (const [index, chunk] of chunks.entries()) {
      const height = this.heightOf(chunk);
      if (pixels < top + height) return { index, offset: Math.max(0, pixels - top) };
      top += height;
    }
    return { index: Math.max(0, chunks.length - 1), offset: 0 };
  }

  /** The chunks that cover `before` pixels above `place` and `after` pixels below it; without a place, those before the end. */
  around(chunks: readonly Chunk[], place: ChunkPlace | undefined, before: number, after: number): LiveRange {
    const heights = chunks.map((chunk) => this.heightOf(chunk));
    const start = place ?? { index: chunks.length, offset: 0 };
    let from = start.index;
    for (let covered = start.offset; from > 0 && covered < before; covered += heights[from] ?? 0) from--;
    let to = start.index;
    for (let covered = -start.offset; to < chunks.length && covered < after; to++) covered += heights[to] ?? 0;
    return { from, to, above: sum(heights.slice(0, from)), below: sum(heights.slice(to)) };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
