import type { Anchor } from "./vscodeApi.ts";

const nearPixels = 24;

/** A row in the frame, and how far its top is below the frame's. */
export interface Held {
  readonly row: HTMLElement;
  readonly top: number;
}

export function rowsOf(frame: HTMLElement): HTMLElement[] {
  return [...frame.querySelectorAll<HTMLElement>("[data-event]")];
}

export function rowOf(frame: HTMLElement, eventId: string): HTMLElement | undefined {
  return rowsOf(frame).find((row) => row.dataset["event"] === eventId);
}

export function topIn(frame: HTMLElement, row: HTMLElement): number {
  return row.getBoundingClientRect().top - frame.getBoundingClientRect().top;
}

/** The first row of which something is in view. */
export function topRow(frame: HTMLElement): Held | undefined {
  const { top } = frame.getBoundingClientRect();
  const row = rowsOf(frame).find((candidate) => candidate.getBoundingClientRect().bottom > top);
  return row === undefined ? undefined : { row, top: topIn(frame, row) };
}

/** Puts the row back to where it was, whatever has come or gone above it. */
export function putBack(frame: HTMLElement, { row, top }: Held): void {
  const moved = topIn(frame, row) - top;
  if (Math.abs(moved) >= 0.5) frame.scrollTop += moved;
}

export function anchorOf({ row, top }: Held): Anchor {
  return { eventId: row.dataset["event"] ?? "", offset: -top };
}

/** `slack`: how many pixels of the end may be out of view. */
export function isAtEnd(frame: HTMLElement, slack = nearPixels): boolean {
  return frame.scrollTop + frame.clientHeight >= frame.scrollHeight - slack;
}
