import { type ReadonlySignal, signal } from "@preact/signals";
import type { ChatRequest } from "../protocol/chat.ts";
import type { HostChannel } from "./vscodeApi.ts";

const patienceMs = 5_000;

/** The commands that change the log at once. */
const answered = new Set(["message.send", "run.start", "confirmation.respond", "conversation.rename", "conversation.take_over"]);

/**
 * Whether the extension has stopped to answer, as when it has crashed or was updated.
 *
 * When nothing comes after a request that has an answer, it is asked once more for what is true, and silent when nothing comes then either.
 */
export class Silence {
  readonly isSilent: ReadonlySignal<boolean>;
  readonly #isSilent = signal(false);
  readonly #host: HostChannel;
  readonly #question: () => ChatRequest;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `question` is always answered. */
  constructor(host: HostChannel, question: () => ChatRequest) {
    this.isSilent = this.#isSilent;
    this.#host = host;
    this.#question = question;
  }

  /** The request has just gone out. */
  asked(request: ChatRequest): void {
    if (this.#timer !== undefined || !hasAnswer(request)) return;
    this.#timer = setTimeout(() => {
      this.#host.post(this.#question());
      this.#timer = setTimeout(() => {
        this.#isSilent.value = true;
      }, patienceMs);
    }, patienceMs);
  }

  /** Something came. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSilent.value = false;
  }
}

function hasAnswer(request: ChatRequest): boolean {
  switch (request.type) {
    case "chat.ready":
    case "task.start":
    case "events.before":
      return true;
    case "command":
      return answered.has(request.command.type);
    default:
      return false;
  }
}
