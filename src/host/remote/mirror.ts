import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { Notification } from "../../protocol/notifications.ts";
import { type ConversationState, initialState, reduceState, type StateFacts } from "../../protocol/state.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { NotificationListener } from "../agentHost.ts";
import { Passing } from "../passing.ts";
import { RemoteLog } from "./remoteLog.ts";
import { RunWait } from "./runWait.ts";
import type { ServerClient } from "./serverClient.ts";
import { readTold, shiftOf, type Told } from "./wireEvents.ts";
import { factsOf } from "./wireInfo.ts";

export interface MirrorOptions {
  readonly client: ServerClient;
  readonly log: Log;
  /** Ends all that is asked of the server. */
  readonly signal: AbortSignal;
  /** The state is another one. */
  readonly onState: () => void;
}

/** A conversation as it is on its server, as far as we have heard: its newest events, its state, and what passes by. Each event is told once. */
export class Mirror {
  readonly log: RemoteLog;
  readonly runs = new RunWait();
  readonly #id: ConversationId;
  readonly #options: MirrorOptions;
  readonly #listeners = new Set<NotificationListener>();
  #passing: Passing;
  #state: ConversationState = initialState;
  #refreshing: Promise<void> | undefined;

  constructor(id: ConversationId, options: MirrorOptions) {
    this.#id = id;
    this.#options = options;
    this.#passing = new Passing(id);
    this.log = new RemoteLog(options.client, id, { signal: options.signal });
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** Tells what passes by and is in no event yet, and then what comes. */
  listen(listener: NotificationListener): Disposable {
    for (const notification of this.#passing.told()) listener(notification);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Reads the newest part. */
  async begin(): Promise<void> {
    await this.log.begin();
    const facts = factsOf(await this.#info());
    const { events } = this.log.window;
    const { progress, pending, ...folded } = events.reduce(reduceState, initialState);
    // What has begun before the part that is read began at its first event at the latest.
    const statusSince = progress.statusSince || (events.at(-1)?.timestamp ?? "");
    this.#state = { ...folded, ...facts, id: this.#id, pending, progress: { ...progress, statusSince } };
  }

  /** Reads what has come since we were told last. */
  async catchUp(): Promise<void> {
    // What passed by was not told to its end.
    this.#passing = new Passing(this.#id);
    for (const { event, wire } of await this.log.missing()) this.#append(event, wire);
    this.#setFacts(factsOf(await this.#info()));
  }

  /** Reads again what the server tells in no event; that it did not answer is no harm. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshNow().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** The frame was written just now, so that it says which time it is there. */
  setClock(frame: string): void {
    const told = this.#read(frame);
    if (told?.type === "full_state") this.log.shiftMs = shiftOf(Date.now(), told.wire);
  }

  /** A frame that came while the log was read: the state object in it is older than what was read. */
  hearHeld(frame: string): void {
    const told = this.#read(frame);
    if (told && told.type !== "full_state") this.#hear(told);
  }

  hear(frame: string): void {
    const told = this.#read(frame);
    if (told) this.#hear(told);
  }

  tell(notification: Notification): void {
    this.#passing.hear(notification);
    for (const listener of this.#listeners) listener(notification);
  }

  #hear(told: Told): void {
    switch (told.type) {
      case "event":
        return this.log.window.isBefore(told.wire) ? undefined : this.#append(told.event, told.wire);
      case "full_state":
        return this.#setFacts(withoutStatus(factsOf(told.value)));
      case "delta":
      case "trouble":
        return this.tell({ ...told, conversationId: this.#id });
    }
  }

  #read(frame: string): Told | undefined {
    try {
      return readTold(JSON.parse(frame), this.log.shiftMs);
    } catch (error) {
      this.#options.log.warn("a frame of the server was not understood", { error: messageOf(error) });
      return undefined;
    }
  }

  #append(event: Event, wire: string): void {
    const seq = this.log.window.append(event, wire);
    if (seq === undefined) return;
    const before = this.#state;
    this.#state = reduceState(before, event);
    this.tell({ type: "event.appended", conversationId: this.#id, seq, event });
    const hasOtherStatus = before.execution_status !== this.#state.execution_status;
    if (event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status") this.runs.hear(this.#state.execution_status);
    // A title is told in no event.
    if (hasOtherStatus || (event.kind === "MessageEvent" && before.title === undefined)) void this.refresh();
    this.#options.onState();
  }

  #setFacts(facts: StateFacts): void {
    const known: Readonly<Record<string, unknown>> = { ...this.#state };
    const changed: StateFacts = Object.fromEntries(Object.entries(facts).filter(([name, value]) => !isDeepStrictEqual(value, known[name])));
    if (Object.keys(changed).length === 0) return;
    this.#state = { ...this.#state, ...changed };
    this.tell({ type: "state.changed", conversationId: this.#id, state: changed });
    if (changed.execution_status !== undefined) this.runs.hear(changed.execution_status);
    this.#options.onState();
  }

  async #refreshNow(): Promise<void> {
    try {
      this.#setFacts(withoutStatus(factsOf(await this.#info())));
    } catch (error) {
      this.#options.log.debug("a conversation was not read again", { error: messageOf(error) });
    }
  }

  #info(): Promise<unknown> {
    return this.#options.client.get(`api/conversations/${this.#id}`, { signal: this.#options.signal });
  }
}

/** The status is told by events, behind which a state object may lag (agent-server protocol §2.10). */
function withoutStatus({ execution_status: _, ...facts }: StateFacts): StateFacts {
  return facts;
}
