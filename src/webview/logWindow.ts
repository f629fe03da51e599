import { signal } from "@preact/signals";
import { createRef } from "preact";
import type { Chat, Move } from "./chat.ts";
import { type Chunk, type ChunkPlace, Chunks, type LiveRange } from "./chunks.ts";
import type { LogItem } from "./groups.ts";
import { messageToMoveTo } from "./messageJump.ts";
import { anchorOf, type Held, isAtEnd, putBack, rowOf, topIn, topRow } from "./place.ts";

/** Drawn on either side of what is in view. */
const marginPixels = 500;
/** With less than this, more is drawn. */
const leastPixels = 150;

/** A row that is on its way into view. */
interface Wanted {
  readonly eventId: string;
  /** How far its top is above the frame's. */
  readonly offset: number;
  readonly takesFocus: boolean;
}

/** The part of the log that is drawn, and where it is scrolled to: nothing that is being read moves, whatever comes, goes or grows around it. */
export class LogWindow {
  readonly frame = createRef<HTMLDivElement>();
  /** For `KeptContext`. */
  readonly kept = new Map<string, boolean>();
  readonly #chat: Chat;
  readonly #chunks = new Chunks();
  /** Changes when another part is to be drawn. */
  readonly #redraws = signal(0);
  #all: readonly Chunk[] = [];
  #live: LiveRange = { from: 0, to: 0, above: 0, below: 0 };
  /** Around what is drawn: that far below the top of the chunk with this event; the end when undefined. */
  #around: { readonly eventId: string; readonly offset: number } | undefined;
  #held: Held | undefined;
  #wanted: Wanted | undefined;
  /** The person wants the message before the oldest that is loaded. */
  #wantsEarlier = false;
  #lastTop = 0;
  #width = 0;
  #hadFocus = false;

  constructor(chat: Chat) {
    this.#chat = chat;
    const anchor = chat.anchor.peek();
    if (!chat.stick.peek() && anchor !== undefined) this.#wanted = { ...anchor, takesFocus: false };
  }

  /** What to draw of `items`. */
  lay(items: readonly LogItem[]): { readonly chunks: readonly Chunk[]; readonly live: LiveRange } {
    void this.#redraws.value;
    this.#all = this.#chunks.of(items);
    const viewport = this.frame.current?.clientHeight ?? 0;
    const place = this.#chat.stick.value ? undefined : this.#place();
    const after = place === undefined ? 0 : viewport + marginPixels;
    this.#live = this.#chunks.around(this.#all, place, marginPixels + (place === undefined ? viewport : 0), after);
    return { chunks: this.#all.slice(this.#live.from, this.#live.to), live: this.#live };
  }

  /** After every drawing, before it is seen. */
  drawn(): void {
    const frame = this.frame.current;
    if (frame === null || frame.clientHeight === 0) return;
    this.#measure(frame);
    if (this.#chat.stick.peek()) toEnd(frame);
    else if (this.#wanted !== undefined) this.#showWanted(frame, this.#wanted);
    else this.#keepPlace(frame);
    if (this.#wantsEarlier) this.#retry();
    this.#keepFocus(frame);
    this.#look(frame);
  }

  /** When the frame or something in it has another size. */
  resized(): void {
    const frame = this.frame.current;
    if (frame === null) return;
    if (this.#width !== 0 && frame.clientWidth !== this.#width) this.#chunks.forgetHeights();
    this.#width = frame.clientWidth;
    this.drawn();
  }

  scrolled(): void {
    const frame = this.frame.current;
    if (frame === null || this.#all.length === 0 || this.#wanted !== undefined) return;
    const isUp = frame.scrollTop < this.#lastTop;
    const { stick, anchor } = this.#chat;
    // Because this is told a frame late: it is still where it was put, and the frame has become smaller since.
    if (stick.peek() && frame.scrollTop === this.#lastTop) return;
    // Because a person who scrolls up a little wants to leave the end.
    stick.value = isAtEnd(frame, stick.peek() && isUp ? 1 : undefined) && this.#live.to === this.#all.length;
    this.#look(frame);
    anchor.value = stick.value || this.#held === undefined ? undefined : anchorOf(this.#held);
  }

  toEnd(): void {
    this.#wanted = undefined;
    this.#chat.stick.value = true;
    this.#redraws.value++;
    if (this.frame.current !== null) toEnd(this.frame.current);
  }

  /** To one of the person's messages, also to one that is not loaded yet. */
  jump(to: Exclude<Move["to"], "nextPart">): void {
    const frame = this.frame.current;
    if (frame === null) return;
    const eventId = messageToMoveTo(this.#chat.view.peek().rows, to, frame, topRow(frame));
    if (eventId !== undefined) this.#want({ eventId, offset: -messageMargin, takesFocus: true });
    else if (to === "previousMessage" && this.#chat.view.peek().firstSeq > 0) {
      this.#wantsEarlier = true;
      this.#chat.loadEarlier();
    }
  }

  #place(): ChunkPlace | undefined {
    const around = this.#around;
    const index = around === undefined ? -1 : this.#all.findIndex((chunk) => chunk.items.some((item) => hasEvent(item, around.eventId)));
    return around === undefined || index === -1 ? undefined : { index, offset: around.offset };
  }

  #want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#around = { eventId: wanted.eventId, offset: 0 };
    this.#chat.stick.value = false;
    this.#redraws.value++;
  }

  #retry(): void {
    if (this.#chat.isLoadingEarlier.peek()) return;
    this.#wantsEarlier = false;
    this.jump("previousMessage");
  }

  #showWanted(frame: HTMLElement, wanted: Wanted): void {
    const row = rowOf(frame, wanted.eventId);
    if (row !== undefined) {
      frame.scrollTop += topIn(frame, row) + wanted.offset;
      if (wanted.takesFocus) row.focus({ preventScroll: true });
      this.#wanted = undefined;
      this.#held = { row, top: topIn(frame, row) };
      this.#chat.anchor.value = anchorOf(this.#held);
      return;
    }
    toEnd(frame);
    const { rows, firstSeq } = this.#chat.view.peek();
    if (this.#place() === undefined && rows.length > 0 && rows.every((each) => each.id !== wanted.eventId)) {
      if (firstSeq > 0) this.#chat.loadEarlier();
      else this.toEnd();
    } else if (this.#around?.eventId !== wanted.eventId && rows.length > 0) this.#want(wanted);
  }

  #keepPlace(frame: HTMLElement): void {
    if (this.#held === undefined) return;
    const { row, top } = this.#held;
    const same = row.isConnected ? row : rowOf(frame, row.dataset["event"] ?? "");
    if (same !== undefined) putBack(frame, { row: same, top });
  }

  #measure(frame: HTMLElement): void {
    for (const element of frame.querySelectorAll<HTMLElement>("[data-chunk]"))
      this.#chunks.measured(element.dataset["chunk"] ?? "", element.getBoundingClientRect().height);
  }

  /** Because a row that is left out takes the keyboard with it. */
  #keepFocus(frame: HTMLElement): void {
    if (this.#hadFocus && document.activeElement === document.body) frame.focus({ preventScroll: true });
    this.#hadFocus = frame.contains(document.activeElement);
  }

  /** What is in view now, and whether more has to be drawn or loaded. */
  #look(frame: HTMLElement): void {
    this.#hadFocus = frame.contains(document.activeElement);
    this.#lastTop = frame.scrollTop;
    if (this.#wanted !== undefined) return;
    this.#held = topRow(frame);
    const [above, below] = [...frame.querySelectorAll(".space")].map((space) => space.getBoundingClientRect());
    if (above === undefined || below === undefined) return;
    const { top, bottom } = frame.getBoundingClientRect();
    const lacksAbove = this.#live.from > 0 && top - above.bottom < leastPixels;
    const lacksBelow = this.#live.to < this.#all.length && below.top - bottom < leastPixels;
    if (lacksAbove || lacksBelow) {
      const { index, offset } = this.#chunks.placeAt(this.#all, top - above.top);
      this.#around = { eventId: this.#all[index]?.id ?? "", offset };
      this.#redraws.value++;
    }
    if (top - above.top < frame.clientHeight + marginPixels) this.#chat.loadEarlier();
  }
}

const messageMargin = 8;

function toEnd(frame: HTMLElement): void {
  frame.scrollTop = frame.scrollHeight;
}

function hasEvent(item: LogItem, eventId: string): boolean {
  return item.id === eventId || (item.type === "reads" && item.rows.some(({ id }) => id === eventId));
}
