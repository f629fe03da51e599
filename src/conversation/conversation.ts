import { randomUUID } from "node:crypto";
import type { Event, OtherEvent } from "../protocol/events.ts";
import { type ConversationId, EventId } from "../protocol/ids.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import type { Damage, EventLog } from "./eventLog.ts";
import { localTimestamp } from "./localTimestamp.ts";

/** An event without what the conversation stamps on it: id, timestamp and parent. */
export type EventDraft = DistributiveOmit<Exclude<Event, OtherEvent>, "id" | "timestamp" | "parent_id">;
type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;

/** Hears of each event once, in `seq` order, after it is durable. Must not throw. */
export type AppendListener = (event: Event, seq: number) => void;

interface Waiting {
  readonly drafts: readonly EventDraft[];
  readonly resolve: (events: Event[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * One conversation: its events, and the state that is their fold. Only `append` changes it.
 *
 * Appends are kept in the order of the calls. Several that are waiting while the disk is busy become one write.
 */
export class Conversation implements AsyncDisposable {
  readonly id: ConversationId;
  readonly #log: EventLog;
  readonly #lease: AsyncDisposable;
  readonly #events: Event[];
  readonly #listeners = new Set<AppendListener>();
  #state: ConversationState;
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  /** It owns the log, and the lease that allows it to write. */
  constructor(id: ConversationId, log: EventLog, events: Event[], lease: AsyncDisposable) {
    this.id = id;
    this.#log = log;
    this.#lease = lease;
    this.#events = events;
    this.#state = events.reduce(reduceState, initialState);
  }

  /** All events, oldest first; the index is the `seq`. The array grows as events are appended. */
  get events(): readonly Event[] {
    return this.#events;
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
    await this.#lease[Symbol.asyncDispose]();
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
    const batches = this.#stamp(waiting);
    try {
      await this.#log.append(batches.flat());
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const event of batches.flat()) this.#tell(event);
    waiting.forEach(({ resolve }, index) => resolve(batches[index] ?? []));
  }

  #tell(event: Event): void {
    const seq = this.#events.push(event) - 1;
    this.#state = reduceState(this.#state, event);
    for (const listener of this.#listeners) listener(event, seq);
  }

  /** Each event's parent is the one before it that is not a state update (agent-server protocol §4.1). */
  #stamp(waiting: readonly Waiting[]): Event[][] {
    let parent = this.#state.leaf_event_id;
    const timestamp = localTimestamp(new Date());
    return waiting.map(({ drafts }) =>
      drafts.map((draft) => {
        const event: Event = {
          ...draft,
          id: EventId.parse(randomUUID()),
          timestamp,
          ...(parent ? { parent_id: EventId.parse(parent) } : {}),
        };
        if (event.kind !== "ConversationStateUpdateEvent") parent = event.id;
        return event;
      }),
    );
  }
}
