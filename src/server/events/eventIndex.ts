import type { EventFilter } from "../../protocol/agentServer/events.ts";
import { naiveMicros } from "../../protocol/agentServer/naiveTime.ts";
import type { Event } from "../../protocol/events.ts";

/** What rows are asked for; compared with what the index knows. A text in messages is not. */
export type RowFilter = Omit<EventFilter, "body">;

/**
 * What must be known of each event that clients see, to find it without reading it: about twenty bytes. A row is the place of an event among
 * them, oldest first.
 */
export class EventIndex {
  #count = 0;
  #seqs = new Uint32Array(64);
  #hashes = new Uint32Array(64);
  #kinds = new Uint16Array(64);
  #sources = new Uint8Array(64);
  #micros = new Float64Array(64);
  readonly #kindNames: string[] = [];
  readonly #sourceNames: string[] = [];

  get count(): number {
    return this.#count;
  }

  add(event: Event, seq: number): void {
    const row = this.#count++;
    if (row === this.#seqs.length) this.#grow(row * 2);
    this.#seqs[row] = seq;
    this.#hashes[row] = hashOf(event.id);
    this.#kinds[row] = numberOf(event.kind, this.#kindNames);
    this.#sources[row] = numberOf(event.source, this.#sourceNames);
    this.#micros[row] = naiveMicros(event.timestamp) ?? 0;
  }

  seqAt(row: number): number {
    return this.#seqs[row] ?? 0;
  }

  microsAt(row: number): number {
    return this.#micros[row] ?? 0;
  }

  /** Rows that may have this id, oldest first; nearly always there is one. */
  *rowsOf(id: string): Generator<number> {
    const hash = hashOf(id);
    const hashes = this.#hashes.subarray(0, this.#count);
    for (let row = hashes.indexOf(hash); row !== -1; row = hashes.indexOf(hash, row + 1)) yield row;
  }

  /** Rows from `first` on that fit, also what is added meanwhile; backwards: down to the oldest one. */
  *rows(first: number, filter: RowFilter, step: 1 | -1 = 1): Generator<number> {
    const fits = this.#fitting(filter);
    if (fits === undefined) return;
    for (let row = first; row >= 0 && row < this.#count; row += step) if (fits(row)) yield row;
  }

  /** Undefined: none can. */
  #fitting({ kind, source, timestamp__gte: gte = -Infinity, timestamp__lt: lt = Infinity }: RowFilter) {
    const name = kind?.slice(kind.lastIndexOf(".") + 1);
    const kindNumber = name === undefined ? undefined : this.#kindNames.indexOf(name);
    const sourceNumber = source === undefined ? undefined : this.#sourceNames.indexOf(source);
    if (kindNumber === -1 || sourceNumber === -1) return undefined;
    return (row: number): boolean => {
      if (kindNumber !== undefined && this.#kinds[row] !== kindNumber) return false;
      if (sourceNumber !== undefined && this.#sources[row] !== sourceNumber) return false;
      const micros = this.microsAt(row);
      return micros >= gte && micros < lt;
    };
  }

  #grow(size: number): void {
    this.#seqs = copied(new Uint32Array(size), this.#seqs);
    this.#hashes = copied(new Uint32Array(size), this.#hashes);
    this.#kinds = copied(new Uint16Array(size), this.#kinds);
    this.#sources = copied(new Uint8Array(size), this.#sources);
    this.#micros = copied(new Float64Array(size), this.#micros);
  }
}

interface Column<Self> {
  set(values: Self): void;
}

function copied<Values extends Column<Values>>(into: Values, from: Values): Values {
  into.set(from);
  return into;
}

/** Names are few, and get a number when they come first. */
function numberOf(name: string, names: string[]): number {
  const known = names.indexOf(name);
  return known === -1 ? names.push(name) - 1 : known;
}

/** FNV-1a. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
