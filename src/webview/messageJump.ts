import type { Row } from "../protocol/view.ts";
import type { Move } from "./chat.ts";
import type { Held } from "./place.ts";

const margin = 8;

/**
 * Id of the person's message to go to: from the one that has the keyboard, or from what is read, whose own message is the previous one.
 * Undefined when there is none among `rows`.
 */
export function messageToMoveTo(
  rows: readonly Row[],
  to: Exclude<Move["to"], "nextPart">,
  frame: HTMLElement,
  top: Held | undefined,
): string | undefined {
  const messages = rows.flatMap((row, index) => (row.type === "user" ? [{ id: row.id, index }] : []));
  const focusedRow = frame.contains(document.activeElement) ? document.activeElement?.closest<HTMLElement>("article.user") : undefined;
  const focused = messages.findIndex(({ id }) => id === focusedRow?.dataset["event"]);
  if (focused !== -1) return messages[to === "nextMessage" ? focused + 1 : focused - 1]?.id;
  const topIndex = rows.findIndex(({ id }) => id === top?.row.dataset["event"]);
  const isBelowTop = top !== undefined && top.top > margin;
  const current = messages.findLastIndex(({ index }) => (isBelowTop ? index < topIndex : index <= topIndex));
  return messages[to === "nextMessage" ? current + 1 : current]?.id;
}
