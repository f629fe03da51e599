import { ConversationError } from "../../conversation/conversationError.ts";
import type { AgentHost } from "../../host/agentHost.ts";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Notification } from "../../protocol/notifications.ts";
import { EventIndex } from "./eventIndex.ts";
import { Shown } from "./wire.ts";

/** What events are read from. */
export type EventHost = Pick<AgentHost, "follow" | "page">;

/** Hears what the host tells, after an event has got its row; `row` is undefined when clients do not see it, or when it is no event. */
export type WireListener = (notification: Notification, row: number | undefined) => void;

/** So many events are read at once while the index is made. */
const perRead = 500;
/** So many events that nobody asked for are read along, because one read is quicker than two. */
const mostBetween = 16;

/** The events of one conversation as clients see them: an index, made in one pass, which follows what comes. It keeps the conversation open. */
export class WireLog implements Disposable {
  readonly id: ConversationId;
  readonly index = new EventIndex();
  readonly #host: EventHost;
  readonly #shown = new Shown();
  readonly #listeners = new Set<WireListener>();
  #following: Disposable | undefined;

  private constructor(host: EventHost, id: ConversationId) {
    this.#host = host;
    this.id = id;
  }

  /** All events that are there are in its index when this resolves. Rejects with `not-found`. */
  static async open(host: EventHost, id: ConversationId): Promise<WireLog> {
    const log = new WireLog(host, id);
    // What comes while the index is made. The rest is read in pieces, because a subscription from the start would hold up who commands meanwhile.
    let waiting: Notification[] | undefined = [];
    const following = await host.follow(id, { limit: 0 }, (notification) => {
      if (waiting) waiting.push(notification);
      else log.#hear(notification);
    });
    log.#following = following;
    try {
      await log.#readTo(following.snapshot.firstSeq);
    } catch (error) {
      following[Symbol.dispose]();
      throw error;
    }
    for (const notification of waiting) log.#hear(notification);
    waiting = undefined;
    return log;
  }

  /** Listeners must not throw. */
  listen(listener: WireListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The events of these rows, in their order; one that cannot be read any more is undefined (§10.17). */
  async read(rows: readonly number[]): Promise<(Event | undefined)[]> {
    const seqs = rows.map((row) => this.index.seqAt(row));
    const found = new Map<number, Event>();
    for (const [from, to] of rangesOf(seqs)) await this.#readRange(from, to, found);
    return seqs.map((seq) => found.get(seq));
  }

  /** The row of the event with this id, and the event. */
  async find(id: string): Promise<{ readonly row: number; readonly event: Event } | undefined> {
    for (const row of this.index.rowsOf(id)) {
      const [event] = await this.read([row]);
      if (event?.id === id) return { row, event };
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#following?.[Symbol.dispose]();
    this.#listeners.clear();
  }

  async #readTo(count: number): Promise<void> {
    for (let from = 0; from < count; from += perRead) {
      const to = Math.min(from + perRead, count);
      const found = new Map<number, Event>();
      await this.#readRange(from, to, found);
      for (const [seq, event] of found) this.#add(event, seq);
    }
  }

  #hear(notification: Notification): void {
    const row = notification.type === "event.appended" ? this.#add(notification.event, notification.seq) : undefined;
    for (const listener of this.#listeners) listener(notification, row);
  }

  /** Its row, if clients see it. */
  #add(event: Event, seq: number): number | undefined {
    if (!this.#shown.has(event)) return undefined;
    this.index.add(event, seq);
    return this.index.count - 1;
  }

  async #readRange(from: number, to: number, found: Map<number, Event>): Promise<void> {
    try {
      const { events, firstSeq } = await this.#host.page(this.id, { beforeSeq: to, limit: to - from });
      for (const [index, event] of events.entries()) found.set(firstSeq + index, event);
    } catch (error) {
      if (!(error instanceof ConversationError) || error.code !== "not-readable") throw error;
      // One of them is damaged: the others are read one by one.
      if (to - from > 1) for (let seq = from; seq < to; seq++) await this.#readRange(seq, seq + 1, found);
    }
  }
}

/** From and to before, so that places near to each other are read at once. */
function rangesOf(seqs: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && seq - last[1] <= mostBetween) last[1] = seq + 1;
    else ranges.push([seq, seq + 1]);
  }
  return ranges;
}
