import type { View } from "../protocol/view.ts";

/** Which of the person's messages stands in the composer as it was sent; -1: none. */
export interface Recall {
  readonly index: number;
  readonly text: string;
}

export const noRecall: Recall = { index: -1, text: "" };

/**
 * The message to show for Up (`older`) or Down (`newer`) while `draft` is in the composer; undefined when the key is for the text: only an
 * empty composer, or one with a message that was brought back and not changed, is turned over.
 */
export function recalled(view: View, draft: string, recall: Recall, direction: "older" | "newer"): Recall | undefined {
  const texts = view.rows.flatMap((row) => (row.type === "user" && row.text !== "" ? [row.text] : []));
  const isRecalled = recall.index !== -1 && draft === recall.text;
  if (draft !== "" && !isRecalled) return undefined;
  if (direction === "older") {
    const index = isRecalled ? Math.max(0, recall.index - 1) : texts.length - 1;
    return textAt(texts, index);
  }
  if (!isRecalled) return undefined;
  return textAt(texts, recall.index + 1) ?? noRecall;
}

function textAt(texts: readonly string[], index: number): Recall | undefined {
  const text = texts[index];
  return text === undefined ? undefined : { index, text };
}
