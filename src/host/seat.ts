import type { ReadableConversation } from "../conversation/conversation.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Log } from "../protocol/log.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { NotificationListener } from "./agentHost.ts";

/** So many events are read at once for a listener that begins long ago. */
const perRead = 500;

/** One listener's place in a conversation: it hears each event once and in order, however the conversation is open in between. */
export class Seat implements Disposable {
  readonly #id: ConversationId;
  readonly #listener: NotificationListener;
  readonly #log: Log;
  #lastSeq: number;
  #hearing: Disposable | undefined;
  #isLeft = false;
  #held: Notification[] | undefined;

  constructor(id: ConversationId, afterSeq: number, listener: NotificationListener, log: Log) {
    this.#id = id;
    this.#lastSeq = afterSeq;
    this.#listener = listener;
    this.#log = log;
  }

  /** Hears what has come since the last event that it heard, and then what comes. */
  async takeAt(
    conversation: Pick<ReadableConversation, "count" | "read">,
    listen: (listener: NotificationListener) => Disposable,
  ): Promise<void> {
    this.#hearing?.[Symbol.dispose]();
    while (this.#lastSeq + 1 < conversation.count && !this.#isLeft) {
      const from = this.#lastSeq + 1;
      const events = await conversation.read(from, Math.min(from + perRead, conversation.count));
      for (const [index, event] of events.entries())
        this.tell({ type: "event.appended", conversationId: this.#id, seq: from + index, event });
    }
    if (!this.#isLeft) this.#hearing = listen((notification) => this.tell(notification));
  }

  tell(notification: Notification): void {
    if (this.#isLeft || (notification.type === "event.appended" && notification.seq <= this.#lastSeq)) return;
    if (notification.type === "event.appended") this.#lastSeq = notification.seq;
    if (this.#held) this.#held.push(notification);
    else this.#pass(notification);
  }

  /** Nothing is told until it is released; then what came meanwhile, in order. */
  hold(): void {
    this.#held = [];
  }

  releaseNextTurn(): void {
    setImmediate(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const notification of held) this.#pass(notification);
    });
  }

  #pass(notification: Notification): void {
    if (this.#isLeft) return;
    try {
      this.#listener(notification);
    } catch (error) {
      // A fault of one door must reach neither the others nor the run.
      this.#log.error("a listener failed", { id: this.#id, error: String(error) });
    }
  }

  [Symbol.dispose](): void {
    this.#isLeft = true;
    this.#hearing?.[Symbol.dispose]();
  }
}
