import { setTimeout as sleep } from "node:timers/promises";
import type { Conversation } from "../conversation/conversation.ts";
import { ConversationError, isAnothers } from "../conversation/conversationError.ts";
import type { FollowedConversation } from "../conversation/followedConversation.ts";
import { reloadMs } from "../conversation/lease.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { ConversationStart } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Followed, NotificationListener } from "./agentHost.ts";
import type { HostOptions } from "./host.ts";
import { HostError } from "./hostError.ts";
import { canBeRead, type Mode, notOpen, type Reading, readOnly, staysFor, type Writing } from "./mode.ts";
import { Seat } from "./seat.ts";
import { Session } from "./session.ts";
import { Usage } from "./usage.ts";
import type { Watch } from "./watch.ts";

export interface OpenOptions extends HostOptions {
  readonly watch: Watch;
  /** It is gone, or nobody needs it: nobody should come here any more. */
  readonly forget: () => void;
}

const pollMs = 100;
const defaultIdleMs = 30 * 60_000;

/**
 * One conversation of the host, however it is open. Its listeners stay when that changes: they are told, and go on where they were.
 *
 * It is opened to write when that is possible and to read otherwise; when the owner ends, it becomes ours, and when it is taken over by
 * another, we read on. It closes by itself when nobody uses it, listens to it or has to answer: at once where nothing but its log is lost, and
 * after a while otherwise.
 */
export class OpenConversation implements AsyncDisposable {
  readonly #id: ConversationId;
  readonly #options: OpenOptions;
  readonly #seats = new Set<Seat>();
  readonly #left = new WeakSet<Mode>();
  #mode: Promise<Mode> = Promise.resolve({ kind: "closed" });
  #isClosed = false;
  readonly #usage: Usage;

  constructor(id: ConversationId, options: OpenOptions) {
    this.#id = id;
    this.#options = options;
    this.#usage = new Usage({
      isHeard: () => this.#seats.size > 0,
      mode: () => this.#mode,
      close: () => this.#closeUnused(),
      idleMs: options.idleMs ?? defaultIdleMs,
    });
  }

  /** Does `work` with it; it does not close by itself before the end. */
  use<Result>(work: (open: this) => Promise<Result>): Promise<Result> {
    return this.#usage.during(() => work(this));
  }

  async create(start: ConversationStart): Promise<void> {
    await this.#change(async (before) => {
      if (before.kind !== "closed") throw new HostError("not-possible", `There is a conversation ${start.id} already.`);
      const conversation = await this.#options.store.create(start);
      return this.#writing({ kind: "writing", conversation, session: new Session(conversation, this.#options), isNew: true });
    });
  }

  /** The session to command. Rejects with a sentence when the conversation can only be read here. */
  async session(): Promise<Session> {
    return (await this.#toWrite()).session;
  }

  /** What is in it, however it is open. */
  async readable(): Promise<Conversation | FollowedConversation> {
    const mode = await this.#change((before) => this.#notClosed(before));
    if (mode.kind === "closed") throw notOpen();
    return mode.conversation;
  }

  async takeOver(): Promise<void> {
    await this.#change(async (before) => {
      if (before.kind === "writing") return before;
      return this.#reopened(await this.#options.store.takeOver(this.#id), { isTakenOver: true });
    });
  }

  /** Resolves when no run is going; at once where it is only read. */
  async settled(): Promise<void> {
    const mode = await this.#mode;
    if (mode.kind === "writing") await mode.session.settled();
  }

  async subscribe(afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    const seat = new Seat(this.#id, afterSeq, listener, this.#options.log);
    await this.#take(seat);
    return this.#leaving(seat);
  }

  async follow(limit: number, listener: NotificationListener): Promise<Followed> {
    const conversation = await this.readable();
    // State and count are of the same moment, whatever comes while the events are read.
    const { state, count } = conversation;
    const firstSeq = Math.max(0, count - limit);
    const events = await conversation.read(firstSeq, count);
    const seat = new Seat(this.#id, count - 1, listener, this.#options.log);
    seat.hold();
    await this.#take(seat);
    seat.releaseNextTurn();
    return { snapshot: { state, firstSeq, events }, ...this.#leaving(seat) };
  }

  tell(notification: Notification): void {
    for (const seat of this.#seats) seat.tell(notification);
    if (notification.type === "conversation.deleted") this.#options.watch.end(this.#id, "deleted");
  }

  /** Ends the run and closes the log; the listeners can still be told why. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#usage[Symbol.dispose]();
    const mode = await this.#mode.catch(() => undefined);
    if (mode) await this.#leave(mode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } finally {
      this.#options.watch.end(this.#id, "closed");
      for (const seat of this.#seats) seat[Symbol.dispose]();
      this.#seats.clear();
    }
  }

  async #take(seat: Seat): Promise<void> {
    await this.#change(async (before) => {
      const mode = await this.#notClosed(before);
      // A new mode is told to all of them.
      if (mode === before) await this.#seat(seat, mode);
      this.#seats.add(seat);
      return mode;
    });
  }

  #leaving(seat: Seat): Disposable {
    return {
      [Symbol.dispose]: () => {
        seat[Symbol.dispose]();
        if (this.#seats.delete(seat)) this.#usage.look();
      },
    };
  }

  #closeUnused(): void {
    this.#inBackground(async (before) => {
      if (!this.#usage.isNone || before.kind === "closed" || staysFor(before) === "needed") return before;
      return { kind: "closed" };
    });
    const closed = this.#mode;
    void closed.then((mode) => {
      if (mode.kind === "closed" && closed === this.#mode && this.#usage.isNone) this.#options.forget();
    });
  }

  /** One change after the other; one that fails leaves all as it was. */
  #change(next: (before: Mode) => Promise<Mode>): Promise<Mode> {
    const before = this.#mode;
    const changed = this.#changed(before, next);
    this.#mode = changed.catch(() => before);
    return changed;
  }

  async #changed(coming: Promise<Mode>, next: (before: Mode) => Promise<Mode>): Promise<Mode> {
    const before = await coming;
    const after = await next(before);
    if (after === before) return before;
    await this.#leave(before);
    await this.#enter(after);
    return after;
  }

  async #enter(mode: Mode): Promise<void> {
    this.#options.watch.follow(this.#id, mode);
    if (mode.kind === "writing") this.tell({ type: "access.changed", conversationId: this.#id, access: "write" });
    for (const seat of this.#seats) await this.#seat(seat, mode);
  }

  async #seat(seat: Seat, mode: Mode): Promise<void> {
    if (mode.kind === "closed") return;
    if (mode.kind === "writing") return seat.takeAt(mode.conversation, (listener) => mode.session.listen(listener));
    seat.tell(readOnly(this.#id, mode.conversation.reason));
    await seat.takeAt(mode.conversation, (listener) =>
      mode.conversation.onAppended((event, seq) => listener({ type: "event.appended", conversationId: this.#id, seq, event })),
    );
  }

  /** Waits for no other owner: what is there can be read at once. */
  async #openAny(): Promise<Mode> {
    if (this.#isClosed) throw notOpen();
    try {
      return await this.#reopened(await this.#options.store.open(this.#id, 0));
    } catch (error) {
      if (!canBeRead(error)) throw error;
      return this.#reading(error);
    }
  }

  #notClosed(mode: Mode): Promise<Mode> {
    return mode.kind === "closed" ? this.#openAny() : Promise.resolve(mode);
  }

  async #toWrite(): Promise<Writing> {
    const mode = await this.#change(async (before) => this.#promoted(await this.#notClosed(before)));
    if (mode.kind !== "writing")
      throw new HostError("not-possible", mode.kind === "reading" ? mode.conversation.reason.message : "It is closed.");
    await mode.conversation.load();
    return mode;
  }

  async #promoted(before: Mode): Promise<Mode> {
    if (before.kind !== "reading" || !isAnothers(before.conversation.reason)) return before;
    for (;;) {
      try {
        return await this.#reopened(await this.#options.store.open(this.#id, 0));
      } catch (error) {
        if (!canBeRead(error)) throw error;
      }
      if (this.#isClosed || performance.now() > before.patientUntil) return before;
      await sleep(pollMs);
    }
  }

  async #reading(reason: ConversationError): Promise<Mode> {
    const conversation = await this.#options.store.openReadOnly(this.#id, reason);
    const mode: Reading = { kind: "reading", conversation, patientUntil: performance.now() + (this.#options.patienceMs ?? reloadMs) };
    void conversation.ended.then((end) => (end === "free" ? this.#becameFree() : this.#gone()));
    return mode;
  }

  async #reopened(conversation: Conversation, how?: { readonly isTakenOver: boolean }): Promise<Mode> {
    const session = await Session.reopen(conversation, this.#options, how);
    return this.#writing({ kind: "writing", conversation, session, isNew: false });
  }

  #writing(mode: Writing): Mode {
    const { conversation } = mode;
    conversation.ended.addEventListener("abort", () => this.#ended(mode, conversation.ended.reason), { once: true });
    return mode;
  }

  /** Nobody writes to it any more: it is ours, unless another window was quicker. */
  #becameFree(): void {
    this.#inBackground(async (before) => (before.kind === "reading" ? this.#openAny() : before));
  }

  /** It was taken over, or its disk failed: the run ends, and what can still be done with it is done. */
  #ended(mode: Writing, reason: unknown): void {
    this.#inBackground(async (before) => {
      if (before !== mode) return before;
      await this.#leave(mode);
      return reason instanceof ConversationError && reason.code === "lost" ? this.#reading(reason) : this.#openAny();
    });
  }

  /** Where nobody waits for the change, the listeners are told what went wrong. */
  #inBackground(next: (before: Mode) => Promise<Mode>): void {
    const change = this.#change(async (before) => {
      if (this.#isClosed) return before;
      try {
        return await next(before);
      } catch (error) {
        this.#failed(error);
        return { kind: "closed" };
      }
    });
    change.catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    if (error instanceof ConversationError && error.code === "not-found") return this.#gone();
    this.tell({ type: "trouble", conversationId: this.#id, message: messageOf(error) });
  }

  #gone(): void {
    if (this.#isClosed) return;
    this.tell({ type: "conversation.deleted", conversationId: this.#id });
    this.#options.forget();
    this[Symbol.asyncDispose]().catch((error: unknown) =>
      this.#options.log.error("a conversation was not closed well", { error: String(error) }),
    );
  }

  /** Leaving twice does nothing more. */
  async #leave(mode: Mode): Promise<void> {
    if (mode.kind === "closed" || this.#left.has(mode)) return;
    this.#left.add(mode);
    await (mode.kind === "writing" ? mode.session : mode.conversation)[Symbol.asyncDispose]();
  }
}
