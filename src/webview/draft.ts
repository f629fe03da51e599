import { effect, type Signal, signal } from "@preact/signals";
import type { ChatSession } from "../protocol/chat.ts";
import { type HostChannel, isSavedFor, type SavedState } from "./vscodeApi.ts";

type ConversationId = ChatSession["conversationId"];

/** Typing is saved once it pauses for so long. */
const pauseMs = 300;

/**
 * What is in the composer and not sent. Each conversation has its own; the extension keeps it, so it is there in every view, and the view's
 * own memory has what was typed right before it was killed.
 */
export class Draft {
  readonly text: Signal<string>;
  readonly #host: HostChannel;
  readonly #kept: SavedState;
  /** Of which conversation it is; undefined until the extension has said so. */
  #conversationId: ConversationId | undefined;
  #saved = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HostChannel, kept: SavedState) {
    this.#host = host;
    this.#kept = kept;
    this.text = signal(kept.draft);
    effect(() => {
      if (this.text.value !== this.#saved) this.#saveSoon();
    });
  }

  /** The composer belongs to this conversation now. `isContinued`: it is the one that was just begun from here. */
  change({ conversationId, draft }: Pick<ChatSession, "conversationId" | "draft">, isContinued: boolean): void {
    if (conversationId === this.#conversationId) return;
    const isFirst = this.#conversationId === undefined;
    if (!isFirst) this.#save(isContinued ? "" : this.text.peek());
    this.#conversationId = conversationId;
    this.#saved = draft;
    // Because what was typed right before the view was killed had no time to reach the extension.
    const isKept = isFirst ? isSavedFor(this.#kept, conversationId) && this.text.peek() !== "" : isContinued;
    if (!isKept) this.text.value = draft;
    else if (this.text.value !== draft) this.#saveSoon();
  }

  #saveSoon(): void {
    if (this.#conversationId === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#save(this.text.peek()), pauseMs);
  }

  #save(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#conversationId === undefined || text === this.#saved) return;
    this.#saved = text;
    this.#host.post({ type: "draft.save", conversationId: this.#conversationId, text });
  }
}
