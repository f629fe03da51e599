import type { AgentHost } from "../../host/agentHost.ts";
import { Backoff, usualWaits, type Waits } from "../../host/remote/backoff.ts";
import { ServerError } from "../../host/remote/serverError.ts";
import type { ChatUpdate } from "../../protocol/chat.ts";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Notification } from "../../protocol/notifications.ts";
import { shortenDone, shortenEvent } from "../../protocol/shortened.ts";
import { type ConversationState, reduceState } from "../../protocol/state.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Snapshot } from "../../protocol/view.ts";
import { NotificationBatch } from "./notificationBatch.ts";

/** So many events, and so many characters of them, the page is given at once. */
const mostEvents = 300;
const mostCharacters = 800_000;
/** Of one text; the whole of a result is opened in an editor. */
const mostOfText = 12_000;

export interface FeedOptions {
  readonly host: AgentHost;
  readonly id: ConversationId;
  /** The page has the events up to this one already; -1: none. */
  readonly afterSeq: number;
  readonly post: (update: ChatUpdate) => void;
  /** The conversation's state is another one. */
  readonly onState: (state: ConversationState) => void;
  /** Between attempts to reach a server that is away from the beginning. */
  readonly waits?: Waits;
}

/** What one page is told of one conversation: what it lacks, and then what comes. */
export class Feed implements Disposable {
  readonly id: ConversationId;
  readonly #options: FeedOptions;
  readonly #batch: NotificationBatch;
  #following: Disposable | undefined;
  #state: ConversationState | undefined;
  #wasAway = false;
  readonly #ended = new AbortController();

  constructor(options: FeedOptions) {
    const { id, post } = options;
    this.id = id;
    this.#options = options;
    this.#batch = new NotificationBatch((notifications) => post({ type: "notifications", notifications }));
  }

  /** Resolves when the page has been given what it lacked; or when it has been told that the server is away, which is asked again then. */
  async start(): Promise<void> {
    const away = await this.#tried();
    if (away?.code === "unreachable") void this.#tryAgain();
  }

  /** Undefined: the page has what it lacked. Otherwise why the server cannot tell it, which the page has heard. */
  async #tried(): Promise<ServerError | undefined> {
    const { host, id } = this.#options;
    try {
      const followed = await host.follow(id, { limit: mostEvents }, (notification) => this.#hear(notification));
      this.#following = followed;
      if (this.#ended.signal.aborted) followed[Symbol.dispose]();
      else this.#begin(followed.snapshot);
      return undefined;
    } catch (error) {
      if (!(error instanceof ServerError) || (error.code !== "unreachable" && error.code !== "key")) throw error;
      this.#wasAway = true;
      const message = error.code === "key" ? error.message : `${error.message} It is tried again by itself.`;
      this.#tell({ type: "access.changed", conversationId: id, access: "read", reason: "server-gone", message });
      return error;
    }
  }

  async #tryAgain(): Promise<void> {
    const { signal } = this.#ended;
    const backoff = new Backoff(this.#options.waits ?? usualWaits);
    try {
      do {
        await backoff.wait(signal);
        if (signal.aborted) return;
      } while ((await this.#tried())?.code === "unreachable");
    } catch (error) {
      if (!signal.aborted) this.#options.post({ type: "failed", message: messageOf(error) });
    }
  }

  /** Older events, those right before `beforeSeq`. */
  async before(beforeSeq: number): Promise<void> {
    const { host, id, post } = this.#options;
    const page = await host.page(id, { beforeSeq, limit: mostEvents });
    const { firstSeq, events } = newestThatFit(page);
    post({ type: "page", conversationId: id, firstSeq, events });
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#following?.[Symbol.dispose]();
    this.#batch[Symbol.dispose]();
  }

  #begin(snapshot: Snapshot): void {
    const { id, afterSeq, post, onState } = this.#options;
    const { state, firstSeq, events } = snapshot;
    this.#state = state;
    onState(state);
    if (this.#wasAway) this.#tell({ type: "access.changed", conversationId: id, access: "write" });
    const isContinued = afterSeq >= 0 && afterSeq >= firstSeq - 1 && afterSeq < firstSeq + events.length;
    if (!isContinued)
      return post({ type: "snapshot", conversationId: id, snapshot: { state: withoutTexts(state), ...newestThatFit(snapshot) } });
    const missing = events.slice(afterSeq + 1 - firstSeq);
    for (const [index, event] of missing.entries())
      this.#tell({ type: "event.appended", conversationId: id, seq: afterSeq + 1 + index, event });
  }

  #hear(notification: Notification): void {
    if (this.#state) this.#fold(this.#state, notification);
    this.#tell(notification);
  }

  #fold(before: ConversationState, notification: Notification): void {
    if (notification.type === "event.appended") this.#state = reduceState(before, notification.event);
    else if (notification.type === "state.changed") this.#state = { ...before, ...notification.state };
    else return;
    this.#options.onState(this.#state);
  }

  #tell(notification: Notification): void {
    this.#batch.add(
      notification.type === "event.appended" ? { ...notification, event: shortenEvent(notification.event, mostOfText) } : notification,
    );
  }
}

/** The page draws no files from it, and they can be large. */
function withoutTexts(state: ConversationState): ConversationState {
  return { ...state, progress: { ...state.progress, changes: [] } };
}

/** The newest of them, shortened, as many as are worth one message; at least one. */
function newestThatFit({ firstSeq, events }: Pick<Snapshot, "firstSeq" | "events">): {
  readonly firstSeq: number;
  readonly events: Event[];
} {
  const kept: Event[] = [];
  const done = new Set(events.flatMap((event) => ("action_id" in event ? event.action_id : [])));
  let characters = 0;
  for (const event of events.toReversed()) {
    const shortened = done.has(event.id) ? shortenDone(event, mostOfText) : shortenEvent(event, mostOfText);
    characters += JSON.stringify(shortened).length;
    if (characters > mostCharacters && kept.length > 0) break;
    kept.push(shortened);
  }
  return { firstSeq: firstSeq + events.length - kept.length, events: kept.toReversed() };
}
