import { textOf } from "../../protocol/content.ts";
import { isUserMessage } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { Notification } from "../../protocol/notifications.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { activityOf } from "../../protocol/summary.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Followed, NotificationListener, Page } from "../agentHost.ts";
import { Seat } from "../seat.ts";
import type { Watch } from "../watch.ts";
import { Backoff, type Waits } from "./backoff.ts";
import { closeCodes, EventSocket } from "./eventSocket.ts";
import { Mirror } from "./mirror.ts";
import type { RemoteLog } from "./remoteLog.ts";
import type { RunWait } from "./runWait.ts";
import { reasonOf, type ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";

export interface RemoteOptions {
  readonly client: ServerClient;
  readonly waits: Waits;
  readonly watch: Watch;
  readonly log: Log;
  /** Nobody needs it any more. */
  readonly forget: () => void;
}

/** Not known yet; level with the server; or away from it, and why. */
type Reach = { readonly kind: "unknown" } | { readonly kind: "level" } | { readonly kind: "away"; readonly message: string };

/**
 * One conversation on a server, as it is followed here: read once, and then kept level by its socket. When the socket ends it is opened again, and
 * what was missed is read.
 */
export class RemoteConversation implements Disposable {
  readonly #id: ConversationId;
  readonly #options: RemoteOptions;
  readonly #ended = new AbortController();
  readonly #backoff: Backoff;
  readonly #mirror: Mirror;
  readonly #seats = new Set<Seat>();
  readonly #known = Promise.withResolvers<void>();
  #users = 0;
  #reach: Reach = { kind: "unknown" };
  #keyInFrame = false;

  constructor(id: ConversationId, options: RemoteOptions) {
    const { client, log, waits } = options;
    this.#id = id;
    this.#options = options;
    this.#backoff = new Backoff(waits);
    this.#mirror = new Mirror(id, { client, log, signal: this.#ended.signal, onState: () => this.#changed() });
    // Who waits for it is told; nobody may.
    this.#known.promise.catch(() => undefined);
    void this.#live();
  }

  get state(): ConversationState {
    return this.#mirror.state;
  }

  get runs(): RunWait {
    return this.#mirror.runs;
  }

  /** Does `work` with the conversation, once it is known; it does not close by itself before the end. */
  async use<Result>(work: (conversation: this) => Promise<Result>): Promise<Result> {
    this.#users++;
    try {
      await this.#known.promise;
      return await work(this);
    } finally {
      this.#users--;
      this.#closeUnused();
    }
  }

  /** Throws why no command can be given now. */
  refuseUnreached(): void {
    if (this.#reach.kind === "away") throw new ServerError("unreachable", this.#reach.message);
  }

  async subscribe(afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    const seat = new Seat(this.#id, afterSeq, listener, this.#options.log);
    await this.#take(seat);
    // Much of the state is in no event there.
    const { pending: _, progress: __, ...state } = this.state;
    seat.tell({ type: "state.changed", conversationId: this.#id, state });
    return this.#leaving(seat);
  }

  async follow(limit: number, listener: NotificationListener): Promise<Followed> {
    const { log } = this.#mirror;
    await log.read(Math.max(0, log.count - limit), 0);
    // State and count are of the same moment: nothing is awaited between them and the seat.
    const { count } = log;
    const firstSeq = Math.max(log.window.firstSeq, count - limit);
    const snapshot = { state: this.state, firstSeq, events: log.window.slice(firstSeq, count) };
    const seat = new Seat(this.#id, count - 1, listener, this.#options.log);
    seat.hold();
    await this.#take(seat);
    seat.releaseNextTurn();
    return { snapshot, ...this.#leaving(seat) };
  }

  async page(beforeSeq: number, limit: number): Promise<Page> {
    const { log } = this.#mirror;
    const end = Math.min(Math.max(beforeSeq, 0), log.count);
    const firstSeq = Math.max(0, end - limit);
    return { events: await log.read(firstSeq, end), firstSeq, count: log.count };
  }

  /** Resolves when no run is going; at once when none is. */
  async settled(): Promise<void> {
    await this.runs.settled(() => this.state.execution_status);
  }

  /** Reads again what the server tells in no event. */
  refresh(): Promise<void> {
    return this.#mirror.refresh();
  }

  /** Asks the server at once, when it waits to be asked again. */
  wake(): void {
    this.#backoff.wake();
  }

  deleted(): void {
    this.#mirror.tell({ type: "conversation.deleted", conversationId: this.#id });
    this.#options.watch.end(this.#id, "deleted");
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#known.reject(away(this.#options.client, "it was closed"));
    this.runs.end();
    this.#options.watch.end(this.#id, "closed");
    for (const seat of this.#seats) seat[Symbol.dispose]();
    this.#options.forget();
  }

  async #take(seat: Seat): Promise<void> {
    if (this.#reach.kind === "away") seat.tell(this.#access());
    await seat.takeAt(this.#mirror.log, (listener) => this.#mirror.listen(listener));
    this.#seats.add(seat);
  }

  #leaving(seat: Seat): Disposable {
    return {
      [Symbol.dispose]: () => {
        seat[Symbol.dispose]();
        if (this.#seats.delete(seat)) this.#closeUnused();
      },
    };
  }

  /** One that works or asks is followed on, because the person wants to hear of it. */
  #closeUnused(): void {
    if (this.#users > 0 || this.#seats.size > 0 || this.#ended.signal.aborted) return;
    const { execution_status } = this.state;
    const isBusy = execution_status === "running" || execution_status === "waiting_for_confirmation";
    if (this.#reach.kind !== "level" || !isBusy) this[Symbol.dispose]();
  }

  async #live(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const end = await this.#connected().catch((error: unknown) => error);
      if (signal.aborted) return;
      if (end === closeCodes.notThere || isNotThere(end)) {
        this.#known.reject(
          new ServerError("refused", `The server ${this.#options.client.name} has no such conversation.`, { status: 404 }),
        );
        return this.deleted();
      }
      const isFirstWrongKey = end === closeCodes.wrongKey && !this.#keyInFrame;
      // A proxy may take the header away: then the key is said in the first frame.
      if (isFirstWrongKey) this.#keyInFrame = true;
      else await this.#afterLoss(end);
    }
  }

  /** Nobody waits long for the first answer: who asked hears why there is none. */
  async #afterLoss(end: unknown): Promise<void> {
    const error = away(this.#options.client, wordsOf(end));
    if (this.#reach.kind === "unknown") {
      this.#known.reject(end instanceof Error ? end : error);
      return this[Symbol.dispose]();
    }
    this.#reach = { kind: "away", message: error.message };
    this.#mirror.tell(this.#access());
    this.#changed();
    await this.#backoff.wait(this.#ended.signal);
  }

  /** Resolves with the close code of a socket that was open. */
  async #connected(): Promise<number> {
    const { client } = this.#options;
    const headers = await client.headers();
    const keyInFrame = this.#keyInFrame ? Object.values(headers)[0] : undefined;
    const { newest } = this.#mirror.log.window;
    const since = newest === undefined ? {} : { resend_mode: "since", after_timestamp: newest };
    const url = client.url(`sockets/events/${this.#id}`, since);
    using socket = await EventSocket.open({ url, headers, keyInFrame, signal: this.#ended.signal });
    await socket.live();
    const [first] = socket.held;
    if (first !== undefined) this.#mirror.setClock(first);
    await (this.#reach.kind === "unknown" ? this.#mirror.begin() : this.#mirror.catchUp());
    socket.release({ held: (frame) => this.#mirror.hearHeld(frame), live: (frame) => this.#mirror.hear(frame) });
    this.#isLevel();
    return await socket.closed;
  }

  #isLevel(): void {
    const wasAway = this.#reach.kind === "away";
    this.#reach = { kind: "level" };
    this.#backoff.reset();
    this.#known.resolve();
    if (wasAway) this.#mirror.tell(this.#access());
    this.#changed();
  }

  #access(): Notification {
    const to = { type: "access.changed", conversationId: this.#id } as const;
    return this.#reach.kind === "away"
      ? { ...to, access: "read", reason: "server-gone", message: this.#reach.message }
      : { ...to, access: "write" };
  }

  #changed(): void {
    if (this.#reach.kind === "unknown") return;
    const isAway = this.#reach.kind === "away";
    this.#options.watch.see({ ...activityOf(this.#id, titled(this.state, this.#mirror.log), isAway), ...(isAway ? { isAway } : {}) });
    this.#closeUnused();
  }
}

/** Until the server gives it a title, a conversation is called by what it was begun with, as in the chat. */
function titled(state: ConversationState, { window }: RemoteLog): ConversationState {
  if (state.title || window.firstSeq > 0) return state;
  const first = window.slice(0, beginning).find(isUserMessage);
  const [line = ""] = first === undefined ? [] : textOf(first.llm_message.content).trim().split("\n");
  return line === "" ? state : { ...state, title: line.length > mostOfTitle ? `${line.slice(0, mostOfTitle).trimEnd()}…` : line };
}

/** Events among which the first message is. */
const beginning = 20;
const mostOfTitle = 100;

const isNotThere = (end: unknown): boolean => end instanceof ServerError && end.status === 404;

function away({ name }: ServerClient, why: string): ServerError {
  return new ServerError(
    "unreachable",
    `The server ${name} cannot be reached (${why}). What is shown here is kept, and the agent may go on there. It is tried again by itself.`,
  );
}

function wordsOf(end: unknown): string {
  if (end instanceof ServerError && end.code === "key") return "it wants another key";
  if (end instanceof ServerError) return end.code === "unreachable" ? reasonOf(end.cause) : end.message.replace(/\.$/, "");
  if (end === closeCodes.wrongKey) return "it wants another key";
  if (end === closeCodes.tooMany) return "too many are connected to it";
  return end instanceof Error ? messageOf(end) : "the connection was lost";
}
