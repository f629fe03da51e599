import type { Event } from "../protocol/events.ts";
import type { ConversationId, EventId } from "../protocol/ids.ts";
import { mostLiveCharacters, type Notification } from "../protocol/notifications.ts";

/**
 * What passes by in one conversation and is in no event yet, kept for who comes late: the reply so far, the tail of the running action's
 * output, a wait for the model, what is being made ready, and that the sandbox has gone. It is bounded: a model's reply is, and of output the last part is kept.
 */
export class Passing {
  readonly #id: ConversationId;
  #reply = { text: "", reasoning: "" };
  #output: { readonly actionId: EventId; readonly text: string } | undefined;
  #wait: { readonly reason: string; readonly until: number } | undefined;
  #phase = "";
  #lost = "";

  constructor(id: ConversationId) {
    this.#id = id;
  }

  hear(notification: Notification): void {
    switch (notification.type) {
      case "delta":
        this.#wait = undefined;
        this.#reply.text += notification.content ?? "";
        this.#reply.reasoning += notification.reasoning_content ?? "";
        break;
      case "terminal.output": {
        const before = this.#output?.actionId === notification.actionId ? this.#output.text : "";
        this.#output = { actionId: notification.actionId, text: (before + notification.text).slice(-mostLiveCharacters) };
        break;
      }
      case "llm.waiting":
        this.#forgetReply();
        this.#wait = { reason: notification.reason, until: performance.now() + notification.retryInMs };
        break;
      case "runtime.phase":
        this.#phase = notification.phase;
        break;
      case "runtime.lost":
        this.#lost = notification.message;
        break;
      case "event.appended":
        this.#appended(notification.event);
        break;
      case "access.changed":
      case "state.changed":
      case "conversation.deleted":
      case "trouble":
        break;
    }
  }

  /** What somebody who has all events still lacks. */
  told(): Notification[] {
    const conversationId = this.#id;
    const { text: content, reasoning: reasoning_content } = this.#reply;
    const told: Notification[] = [];
    if (this.#phase) told.push({ type: "runtime.phase", conversationId, phase: this.#phase });
    if (this.#lost) told.push({ type: "runtime.lost", conversationId, message: this.#lost });
    if (this.#wait) {
      const retryInMs = Math.max(0, Math.round(this.#wait.until - performance.now()));
      told.push({ type: "llm.waiting", conversationId, reason: this.#wait.reason, retryInMs });
    }
    if (content || reasoning_content) told.push({ type: "delta", conversationId, content, reasoning_content });
    if (this.#output) told.push({ type: "terminal.output", conversationId, ...this.#output });
    return told;
  }

  #appended(event: Event): void {
    switch (event.kind) {
      case "ObservationEvent":
      case "UserRejectObservation":
        if (this.#output?.actionId === event.action_id) this.#output = undefined;
        break;
      case "AgentErrorEvent":
        this.#output = undefined;
        break;
      case "MessageEvent":
        // What a person says while the model speaks takes nothing of it away.
        if (event.source === "agent") this.#forgetReply();
        break;
      case "ConversationStateUpdateEvent":
        if (event.key !== "execution_status") break;
        if (event.value === "running") this.#lost = "";
        else this.#forgetReply();
        break;
      case "ActionEvent":
      case "ConversationErrorEvent":
      case "Condensation":
      case "PauseEvent":
      case "InterruptEvent":
        this.#forgetReply();
        break;
      default:
        break;
    }
  }

  #forgetReply(): void {
    this.#wait = undefined;
    this.#reply = { text: "", reasoning: "" };
  }
}
