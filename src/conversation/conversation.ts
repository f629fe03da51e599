import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type ConversationState, reduceState } from "../protocol/state.ts";
import type { Damage, EventLog } from "./eventLog.ts";
import type { OpenedLog } from "./openLog.ts";
import { type EventDraft, stamp } from "./stamp.ts";

export type { EventDraft } from "./stamp.ts";

/** Hears of each event once, in `seq` order, after it is durable. Must not throw. */
export type AppendListener = (event: Event, seq: number) => void;

interface Waiting {
  readonly drafts: readonly EventDraft[];
  readonly resolve: (events: Event[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** What can be told of a conversation whoever writes to it. */
export interface ReadableConversation extends AsyncDisposable {
  readonly id: ConversationId;
  /** How many events there are. */
  readonly count: number;
  readonly state: ConversationState;
  /** The events with `seq` from `from` to before `to`, from memory or from the disk. */
  read(from: number, to: number): Promise<readonly Event[]>;
  onAppended(listener: AppendListener): Disposable;
}

/** What else a conversation holds on to as long as it is open, and what ends it from outside. */
export interface Holding extends AsyncDisposable {
  /** Aborts with a ConversationError when the conversation is another's. */
  readonly lost?: AbortSignal;
}

/** So many events are read at once when all are needed. */
const perLoad = 500;

/**
 * One conversation: its events, and the state that is their fold. Only `append` changes it.
 *
 * Appends are kept in the order of the calls. Several that are waiting while the disk is busy become one write.
 */
export class Conversation implements ReadableConversation {
  readonly id: ConversationId;
  readonly #log: EventLog;
  readonly #holding: Holding;
  readonly #listeners = new Set<AppendListener>();
  readonly #ended = new AbortController();
  #events: Event[] | undefined;
  #loading: Promise<void> | undefined;
  #count: number;
  #state: ConversationState;
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  /** It owns the log, and what it holds on to. */
  constructor(id: ConversationId, { log, state, events }: OpenedLog, holding: Holding) {
    this.id = id;
    this.#log = log;
    this.#state = state;
    this.#events = events;
    this.#count = log.count;
    this.#holding = holding;
    if (holding.lost?.aborted) this.#end(holding.lost.reason);
    holding.lost?.addEventListener("abort", () => this.#end(holding.lost?.reason), { once: true });
  }

  /** All events, oldest first; the index is the `seq`. The array grows as events are appended. Those of a large log must be loaded first. */
  get events(): readonly Event[] {
    if (this.#events === undefined) throw new Error("The events of this conversation are not loaded.");
    return this.#events;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }

  /** Aborts with a ConversationError when nothing can be appended any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Brings all events into memory, in pieces, so that the process goes on in between. */
  async load(): Promise<void> {
    if (this.#events === undefined) await (this.#loading ??= this.#load());
  }

  async read(from: number, to: number): Promise<readonly Event[]> {
    return this.#events?.slice(from, to) ?? this.#log.read(from, to);
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** What could not be read when the conversation was opened. */
  get damage(): Damage | undefined {
    return this.#log.damage;
  }

  /** Stamps the drafts and makes them durable, all or none; resolves with the events after the listeners heard of them. */
  append(...drafts: readonly EventDraft[]): Promise<Event[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Event[]>();
    this.#queue.push({ drafts, resolve, reject });
    this.#flushing ??= this.#flush();
    return promise;
  }

  onAppended(listener: AppendListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Waits for appends under way, then closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    this.#listeners.clear();
    await this.#log[Symbol.asyncDispose]();
    await this.#holding[Symbol.asyncDispose]();
  }

  async #load(): Promise<void> {
    try {
      const events: Event[] = [];
      while (events.length < this.#count)
        events.push(...(await this.#log.read(events.length, Math.min(events.length + perLoad, this.#count))));
      this.#events = events;
    } finally {
      this.#loading = undefined;
    }
  }

  #end(reason: unknown): void {
    this.#ended.abort(reason);
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const waiting = this.#queue;
      this.#queue = [];
      await this.#write(waiting);
    }
    this.#flushing = undefined;
  }

  async #write(waiting: readonly Waiting[]): Promise<void> {
    const events = stamp(
      waiting.flatMap(({ drafts }) => drafts),
      this.#state,
    );
    try {
      await this.#log.append(events);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      if (this.#log.failure !== undefined) this.#end(this.#log.failure);
      return;
    }
    for (const event of events) this.#tell(event);
    let from = 0;
    for (const { drafts, resolve } of waiting) resolve(events.slice(from, (from += drafts.length)));
  }

  #tell(event: Event): void {
    const seq = this.#count++;
    this.#events?.push(event);
    this.#state = reduceState(this.#state, event);
    for (const listener of this.#listeners) listener(event, seq);
  }
}
