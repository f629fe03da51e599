import type { JSX } from "preact";
import { textPieces } from "../protocol/visibleText.ts";

/** Text of which nothing is unseen: controls and invisible characters are marked escapes. */
export function Visible({ text }: { readonly text: string }): JSX.Element {
  return <>{textPieces(text).map((piece) => (piece.isEscape ? <span class="escape">{piece.text}</span> : piece.text))}</>;
}
