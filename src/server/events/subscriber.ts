import { type Client, closeCodes } from "../sockets/client.ts";
import type { EventFeed } from "./eventFeed.ts";

/** So many events are read at once for one client. */
const perRead = 100;

/** Where a client begins to hear. */
export interface Beginning {
  readonly row: number;
  /** Of the rows before `untilRow`, only those of this time or later. */
  readonly sinceMicros: number;
  readonly untilRow: number;
}

/**
 * One client of a conversation's events: it is told each row once, in the order of the log. As long as it takes what it is told, it hears of events as
 * they come; one that falls behind is told the rest from the log, as fast as it takes it, and holds up nobody. What is in no log it misses then.
 */
export class Subscriber {
  readonly client: Client;
  readonly #feed: EventFeed;
  readonly #beginning: Beginning;
  #row: number;
  #isLive = false;
  #owesState = false;

  constructor(client: Client, feed: EventFeed, beginning: Beginning) {
    this.client = client;
    this.#feed = feed;
    this.#beginning = beginning;
    this.#row = beginning.row;
  }

  /** Tells all that is there, and from then on what comes. Resolves when it is level; never rejects for what the client does. */
  async catchUp(): Promise<void> {
    const { index } = this.#feed.log;
    while (this.#row < index.count && !this.client.gone.aborted) {
      const rows = this.#nextRows();
      for (const frame of await this.#feed.framesOf(rows)) {
        if (this.client.isBehind) await this.client.flushed();
        if (frame !== undefined) this.client.send(frame);
      }
    }
    this.#isLive = true;
    if (!this.#owesState) return;
    this.#owesState = false;
    await this.#feed.tellState(this);
  }

  /** `row` has come; rows come without a gap. */
  appended(row: number, frame: Buffer): void {
    if (!this.#isLive) return;
    if (this.client.isBehind) {
      this.#isLive = false;
      this.client
        .flushed()
        .then(() => this.catchUp())
        .catch(() => this.client.close(closeCodes.failed, "Events cannot be read"));
      return;
    }
    this.#row = row + 1;
    this.client.send(frame);
  }

  /** For what is in no log. */
  pass(frame: Buffer): void {
    if (this.#isLive && !this.client.isBehind) this.client.send(frame);
  }

  /** The state is told at the latest when it is level again. */
  passState(frame: Buffer): void {
    if (this.#isLive && !this.client.isBehind) this.client.send(frame);
    else this.#owesState = true;
  }

  #nextRows(): number[] {
    const { index } = this.#feed.log;
    const { sinceMicros, untilRow } = this.#beginning;
    const rows: number[] = [];
    for (; this.#row < index.count && rows.length < perRead; this.#row++)
      if (this.#row >= untilRow || index.microsAt(this.#row) >= sinceMicros) rows.push(this.#row);
    return rows;
  }
}
