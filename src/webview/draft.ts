import { effect, type Signal, signal } from "@preact/signals";
import type { ChatSession } from "../protocol/chat.ts";
import { type HostChannel, isSavedFor, type SavedState } from "./vscodeApi.ts";

type ConversationId = ChatSession["conversationId"];

/** A picture that goes with the message: a `data:` URL, and what it is called. */
export interface Picture {
  readonly url: string;
  readonly name: string;
}

/** Typing is saved once it pauses for so long. */
const pauseMs = 300;
const nothing: { readonly text: string; readonly pictures: readonly Picture[] } = { text: "", pictures: [] };

/**
 * What is in the composer and not sent. Each conversation has its own; the extension keeps its text, so it is there in every view, and the
 * view's own memory has what was typed right before it was killed. Pictures last as long as the view.
 */
export class Draft {
  readonly text: Signal<string>;
  readonly pictures = signal<readonly Picture[]>([]);
  readonly #host: HostChannel;
  readonly #kept: SavedState;
  readonly #picturesOf = new Map<ConversationId, readonly Picture[]>();
  /** Of which conversation it is; undefined until the extension has said so. */
  #conversationId: ConversationId | undefined;
  #saved = "";
  /** What was sent last, until it is known whether that worked. */
  #sent = nothing;
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
    if (!isFirst && !isContinued) this.#changePictures(conversationId);
    this.#conversationId = conversationId;
    this.#saved = draft;
    // Because what was typed right before the view was killed had no time to reach the extension.
    const isKept = isFirst ? isSavedFor(this.#kept, conversationId) && this.text.peek() !== "" : isContinued;
    if (!isKept) this.text.value = draft;
    else if (this.text.value !== draft) this.#saveSoon();
  }

  /** This is on its way; `giveBack` brings it back until it `arrived`. */
  sent(text: string, pictures: readonly Picture[]): void {
    this.#sent = { text, pictures };
  }

  arrived(): void {
    this.#sent = nothing;
  }

  /** What could not be sent stands before what was written since. */
  giveBack(): void {
    const { text, pictures } = this.#sent;
    this.#sent = nothing;
    if (text !== "") this.text.value = [text, this.text.peek()].filter((part) => part !== "").join("\n\n");
    if (pictures.length > 0) this.pictures.value = [...pictures, ...this.pictures.peek()];
  }

  #changePictures(conversationId: ConversationId): void {
    if (this.#conversationId !== undefined) this.#picturesOf.set(this.#conversationId, this.pictures.peek());
    this.pictures.value = this.#picturesOf.get(conversationId) ?? [];
    this.#picturesOf.delete(conversationId);
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
