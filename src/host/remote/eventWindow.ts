import type { Event } from "../../protocol/events.ts";

/** So many events, and characters of them, are held of one conversation; older ones are asked for again. */
export interface WindowLimits {
  readonly mostEvents: number;
  readonly mostCharacters: number;
}

interface Held {
  readonly event: Event;
  /** When it was, in the server's words. */
  readonly wire: string;
  readonly characters: number;
}

/** The newest part of a log that is kept elsewhere: each event once, with its place in the whole log. */
export class EventWindow {
  readonly #limits: WindowLimits;
  #held: Held[] = [];
  #ids = new Set<string>();
  #characters = 0;
  #firstSeq = 0;
  #cursor: string | undefined;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  /** The place of the oldest event that is held. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** How many events the log has, as far as is known. */
  get count(): number {
    return this.#firstSeq + this.#held.length;
  }

  /** The id of the event before the first; undefined when that is not known, or none is. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  get newest(): string | undefined {
    return this.#held.at(-1)?.wire;
  }

  get events(): readonly Event[] {
    return this.#held.map(({ event }) => event);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether it is older than all that is held, and so is known already, or will be by a page. */
  isBefore(wire: string): boolean {
    const oldest = this.#held[0];
    return oldest !== undefined && this.#firstSeq > 0 && wire < oldest.wire;
  }

  /** The log has `count` events, of which these are the newest. */
  begin(events: readonly { readonly event: Event; readonly wire: string }[], count: number, cursor: string | undefined): void {
    this.#held = [];
    this.#ids = new Set();
    this.#characters = 0;
    for (const { event, wire } of events) this.#push(event, wire);
    this.#firstSeq = Math.max(0, count - this.#held.length);
    this.#cursor = cursor;
  }

  /** The place of the event, which is the newest now; undefined when it is in already. */
  append(event: Event, wire: string): number | undefined {
    if (this.#ids.has(event.id)) return undefined;
    this.#push(event, wire);
    this.#trim();
    return this.count - 1;
  }

  /** Puts older events, oldest first, before those that are held. */
  prepend(events: readonly { readonly event: Event; readonly wire: string }[], cursor: string | undefined): void {
    // There is no place before the first: a server that has more than it had counted is not believed.
    if (this.#firstSeq === 0) return;
    const older = events.filter(({ event }) => !this.#ids.has(event.id)).slice(-this.#firstSeq);
    const held = older.map(({ event, wire }) => ({ event, wire, characters: sizeOf(event) }));
    this.#held = [...held, ...this.#held];
    for (const { event, characters } of held) {
      this.#ids.add(event.id);
      this.#characters += characters;
    }
    this.#firstSeq -= held.length;
    this.#cursor = cursor;
  }

  /** Whether there is room for more. */
  get isFull(): boolean {
    return this.#held.length >= this.#limits.mostEvents || this.#characters >= this.#limits.mostCharacters;
  }

  /** The events from `from` to before `to`; those before `firstSeq` are not in it. */
  slice(from: number, to: number): Event[] {
    return this.#held.slice(Math.max(0, from - this.#firstSeq), Math.max(0, to - this.#firstSeq)).map(({ event }) => event);
  }

  #push(event: Event, wire: string): void {
    if (this.#ids.has(event.id)) return;
    const characters = sizeOf(event);
    this.#ids.add(event.id);
    this.#characters += characters;
    this.#held.push({ event, wire, characters });
  }

  /** A quarter goes at once, so that it is done seldom. The last event always stays. */
  #trim(): void {
    if (!this.isFull) return;
    let gone = 0;
    const { mostEvents, mostCharacters } = this.#limits;
    const isMuch = (): boolean => this.#held.length - gone > mostEvents * 0.75 || this.#characters > mostCharacters * 0.75;
    while (gone < this.#held.length - 1 && isMuch()) {
      const held = this.#held[gone++];
      if (held === undefined) break;
      this.#characters -= held.characters;
      this.#ids.delete(held.event.id);
      this.#cursor = held.event.id;
    }
    this.#held = this.#held.slice(gone);
    this.#firstSeq += gone;
  }
}

const sizeOf = (event: Event): number => JSON.stringify(event).length;
