import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Event } from "../../protocol/events.ts";
import { type ConversationId, EventId } from "../../protocol/ids.ts";
import { EventWindow, type WindowLimits } from "./eventWindow.ts";
import type { ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";
import { readTold } from "./wireEvents.ts";

const Page = z.looseObject({ items: z.array(z.unknown()), next_page_id: z.string().nullish() });

const perPage = 100;
/** The log may grow while it is counted; so often it is looked at again. */
const mostCounts = 5;
const usual: WindowLimits = { mostEvents: 20_000, mostCharacters: 96_000_000 };

interface Read {
  readonly event: Event;
  readonly wire: string;
}

interface Older {
  /** Oldest first. */
  readonly events: readonly Read[];
  /** The id of the event before them; undefined: there is none. */
  readonly cursor: string | undefined;
}

/**
 * The log of one conversation as its server has it, read from its end on. Places in it are made from how many events there are in all, so that
 * they are the same whenever it is read.
 */
export class RemoteLog {
  readonly window: EventWindow;
  readonly #client: ServerClient;
  readonly #path: string;
  readonly #signal: AbortSignal;
  #loading: Promise<unknown> = Promise.resolve();
  /** Of the server's local time to ours. */
  shiftMs = 0;

  constructor(
    client: ServerClient,
    id: ConversationId,
    { signal, limits = usual }: { readonly signal: AbortSignal; readonly limits?: WindowLimits },
  ) {
    this.#client = client;
    this.#path = `api/conversations/${id}/events`;
    this.#signal = signal;
    this.window = new EventWindow(limits);
  }

  /** How many events it has, as far as is known. */
  get count(): number {
    return this.window.count;
  }

  /** Reads the newest events and how many there are. */
  async begin(): Promise<void> {
    let before = await this.#count();
    for (let left = mostCounts; ; left--) {
      const newest = await this.#newestBefore(undefined);
      const count = await this.#count();
      // What came in between would move all places by as much.
      if (count === before || left === 1) return this.window.begin(newest.events, Math.max(count, newest.events.length), newest.cursor);
      before = count;
    }
  }

  /**
   * The events that the log has and we do not, oldest first. It looks back to the page that has one that is known, and takes all that is unknown
   * there, because what a socket had told before it was lost may have been in another order.
   */
  async missing(): Promise<readonly Read[]> {
    const missing: Read[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#newestBefore(cursor);
      const unknown = page.events.filter(({ event, wire }) => !this.window.has(event.id) && !this.window.isBefore(wire));
      missing.unshift(...unknown);
      cursor = page.cursor;
      if (cursor === undefined || unknown.length < page.events.length) return missing;
    }
  }

  /** The events with places from `from` to before `to`. Rejects with a ServerError when that is more than can be held. */
  async read(from: number, to: number): Promise<readonly Event[]> {
    while (this.window.firstSeq > from) {
      const before = this.window.firstSeq;
      const loading = this.#loading.then(() =>
        this.window.firstSeq > from && this.window.firstSeq >= before ? this.#loadOlder() : undefined,
      );
      this.#loading = loading.catch(() => undefined);
      await loading;
    }
    return this.window.slice(from, to);
  }

  async #loadOlder(): Promise<void> {
    if (this.window.isFull)
      throw new ServerError("too-large", "This conversation is too long to be read whole from its server. Its newest part is shown.");
    const { cursor } = this.window;
    const older = cursor === undefined ? { events: [], cursor: undefined } : await this.#newestBefore(cursor);
    const isNew = older.events.some(({ event }) => !this.window.has(event.id));
    this.window.prepend(older.events, older.cursor);
    // An unknown cursor begins at the newest again (agent-server protocol §2.0), and then no more is to be had.
    if (!isNew || older.cursor === undefined) this.#fill();
  }

  /** The log has begun, and was counted as longer: what could not be read, or was taken out, stands there as nothing. */
  #fill(): void {
    const { firstSeq, newest = "" } = this.window;
    const nothing = Array.from({ length: firstSeq }, () => ({ event: nothingAt(this.window.events[0]?.timestamp ?? newest), wire: "" }));
    if (firstSeq > 0) this.window.prepend(nothing, undefined);
  }

  /** A page that is too large is asked for in smaller parts. */
  async #newestBefore(cursor: string | undefined): Promise<Older> {
    for (let limit = perPage; ; limit = Math.floor(limit / 5)) {
      try {
        return await this.#page(cursor, limit);
      } catch (error) {
        if (limit < 5 || !(error instanceof ServerError) || error.code !== "too-large") throw error;
      }
    }
  }

  async #page(cursor: string | undefined, limit: number): Promise<Older> {
    const query = { sort_order: "TIMESTAMP_DESC", limit, page_id: cursor };
    const page = Page.safeParse(await this.#client.get(`${this.#path}/search`, { query, signal: this.#signal })).data;
    if (page === undefined) throw new ServerError("not-understood", `The server ${this.#client.name} sent events that are none.`);
    const events = page.items.toReversed().flatMap((item) => {
      const told = readTold(item, this.shiftMs);
      return told?.type === "event" ? [{ event: told.event, wire: told.wire }] : [];
    });
    return { events, cursor: page.next_page_id ?? undefined };
  }

  async #count(): Promise<number> {
    const count = z
      .number()
      .int()
      .min(0)
      .safeParse(await this.#client.get(`${this.#path}/count`, { signal: this.#signal })).data;
    if (count === undefined) throw new ServerError("not-understood", `The server ${this.#client.name} does not count its events.`);
    return count;
  }
}

function nothingAt(timestamp: string): Event {
  // At run time the kind is a name that nothing is shown for.
  return { kind: "(other)", id: EventId.parse(randomUUID()), timestamp, source: "environment" };
}
