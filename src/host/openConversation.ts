import { setTimeout as sleep } from "node:timers/promises";
import type { Conversation } from "../conversation/conversation.ts";
import { ConversationError, isAnothers } from "../conversation/conversationError.ts";
import type { FollowedConversation } from "../conversation/followedConversation.ts";
import { reloadMs } from "../conversation/lease.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { ConversationStart } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { HostOptions, NotificationListener } from "./host.ts";
import { HostError } from "./hostError.ts";
import { Seat } from "./seat.ts";
import { Session } from "./session.ts";

/**
 * How a conversation is open: we write to it, or we read what somebody else writes, or what nobody can. After a fault of the disk it can be
 * closed until somebody asks for it again.
 */
type Mode = Writing | Reading | { readonly kind: "closed" };
interface Writing {
  readonly kind: "writing";
  readonly conversation: Conversation;
  readonly session: Session;
}
interface Reading {
  readonly kind: "reading";
  readonly conversation: FollowedConversation;
  /** Commands wait so long for the owner, because it may be the same window that is being reloaded. */
  readonly patientUntil: number;
}

const pollMs = 100;

/**
 * One conversation of the host, however it is open. Its listeners stay when that changes: they are told, and go on where they were.
 *
 * It is opened to write when that is possible and to read otherwise; when the owner ends, it becomes ours, and when it is taken over by
 * another, we read on.
 */
export class OpenConversation implements AsyncDisposable {
  readonly #id: ConversationId;
  readonly #options: HostOptions;
  readonly #forget: () => void;
  readonly #seats = new Set<Seat>();
  readonly #left = new WeakSet<Mode>();
  #mode: Promise<Mode>;
  #isClosed = false;

  /** `forget` is called when it is gone and nobody should come here any more. */
  constructor(id: ConversationId, options: HostOptions, forget: () => void) {
    this.#id = id;
    this.#options = options;
    this.#forget = forget;
    this.#mode = Promise.resolve({ kind: "closed" });
  }

  async create(start: ConversationStart): Promise<void> {
    await this.#change(async () => {
      const conversation = await this.#options.store.create(start);
      return this.#writing(conversation, new Session(conversation, this.#options));
    });
  }

  async open(): Promise<void> {
    await this.readable();
  }

  /** The session to command. Rejects with a sentence when the conversation can only be read here. */
  async session(): Promise<Session> {
    return (await this.#toWrite()).session;
  }

  /** What is in it, however it is open. */
  async readable(): Promise<Conversation | FollowedConversation> {
    const mode = await this.#change((before) => this.#notClosed(before));
    if (mode.kind === "closed") throw new HostError("closed", "The conversation is closed.");
    return mode.conversation;
  }

  async takeOver(): Promise<void> {
    await this.#change(async (before) => {
      if (before.kind === "writing") return before;
      return this.#reopened(await this.#options.store.takeOver(this.#id));
    });
  }

  /** Resolves when no run is going; at once where it is only read. */
  async settled(): Promise<void> {
    const mode = await this.#mode;
    if (mode.kind === "writing") await mode.session.settled();
  }

  async subscribe(afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    const seat = new Seat(this.#id, afterSeq, listener, this.#options.log);
    await this.#change(async (before) => {
      const mode = await this.#notClosed(before);
      // A new mode is told to all of them.
      if (mode === before) await this.#seat(seat, mode);
      this.#seats.add(seat);
      return mode;
    });
    return {
      [Symbol.dispose]: () => {
        this.#seats.delete(seat);
        seat[Symbol.dispose]();
      },
    };
  }

  tell(notification: Notification): void {
    for (const seat of this.#seats) seat.tell(notification);
  }

  /** Ends the run and closes the log; the listeners can still be told why. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const mode = await this.#mode.catch(() => undefined);
    if (mode) await this.#leave(mode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } finally {
      for (const seat of this.#seats) seat[Symbol.dispose]();
      this.#seats.clear();
    }
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

  async #reopened(conversation: Conversation): Promise<Mode> {
    return this.#writing(conversation, await Session.reopen(conversation, this.#options));
  }

  #writing(conversation: Conversation, session: Session): Mode {
    const mode: Writing = { kind: "writing", conversation, session };
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
    this.#forget();
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

function canBeRead(error: unknown): error is ConversationError {
  return error instanceof ConversationError && ["in-use", "newer", "not-writable"].includes(error.code);
}

function readOnly(conversationId: ConversationId, { code, message }: ConversationError): Notification {
  const reason = code === "newer" || code === "not-writable" ? code : "in-use";
  return { type: "access.changed", conversationId, access: "read", reason, message };
}
