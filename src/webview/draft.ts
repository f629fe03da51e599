import { effect, type Signal, signal } from "@preact/signals";
import type { ChatSession, Picture } from "../protocol/chat.ts";
import { type HostChannel, isSavedFor, type SavedState } from "./vscodeApi.ts";

type ConversationId = ChatSession["conversationId"];

/** Typing is saved once it pauses for so long. */
const pauseMs = 300;
const nothing: { readonly text: string; readonly pictures: readonly Picture[] } = { text: "", pictures: [] };

/**
 * What is in the composer and not sent. Each conversation has its own; the extension keeps it, so it is there in every view, and the view's
 * own memory has what was typed right before it was killed.
 */
export class Draft {
  readonly text: Signal<string>;
  readonly pictures = signal(nothing.pictures);
  readonly #host: HostChannel;
  readonly #kept: SavedState;
  /** Of which conversation it is; undefined until the extension has said so. */
  #conversationId: ConversationId | undefined;
  #saved = "";
  #savedPictures: readonly Picture[] = nothing.pictures;
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
    effect(() => this.#savePictures(this.pictures.value));
  }

  /** The composer belongs to this conversation now. `isContinued`: it is the one that was just begun from here. */
  change({ conversationId, draft }: Pick<ChatSession, "conversationId" | "draft">, isContinued: boolean): void {
    if (conversationId === this.#conversationId) return;
    const isFirst = this.#conversationId === undefined;
    if (!isFirst) this.#save(isContinued ? "" : this.text.peek());
    if (!isFirst && !isContinued) this.#putPictures(nothing.pictures);
    this.#conversationId = conversationId;
    this.#savePictures(this.pictures.peek());
    this.#saved = draft;
    // Because what was typed right before the view was killed had no time to reach the extension.
    const isKept = isFirst ? isSavedFor(this.#kept, conversationId) && this.text.peek() !== "" : isContinued;
    if (!isKept) this.text.value = draft;
    else if (this.text.value !== draft) this.#saveSoon();
  }

  /** Those that were there before the page was; what is there now is newer. */
  bringBack(conversationId: ConversationId, pictures: readonly Picture[]): void {
    if (conversationId === this.#conversationId && this.pictures.peek().length === 0) this.#putPictures(pictures);
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

  #putPictures(pictures: readonly Picture[]): void {
    this.#savedPictures = pictures;
    this.pictures.value = pictures;
  }

  #savePictures(pictures: readonly Picture[]): void {
    const conversationId = this.#conversationId;
    const isSame = pictures === this.#savedPictures || (pictures.length === 0 && this.#savedPictures.length === 0);
    if (conversationId === undefined || isSame) return;
    this.#savedPictures = pictures;
    this.#host.post({ type: "pictures.save", conversationId, pictures: [...pictures] });
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
