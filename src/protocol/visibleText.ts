/** A piece of a text: as it is, or the escape of a character that would not be seen or would turn the text around. */
export interface TextPiece {
  readonly text: string;
  readonly isEscape: boolean;
}

// Controls, bidi, zero-width, tags, fillers and odd spaces. Emoji keep their joiner and their variation selector.
const unseen =
  /(?<!\p{Extended_Pictographic})\ufe0f|(?<!\p{Extended_Pictographic}|\ufe0f)\u200d|[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200c\u200e\u200f\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** `text` in pieces; lines and tabs stay as they are. */
export function textPieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(unseen)) {
    const [character] = match;
    if (character === "\n" || character === "\t") continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isEscape: false });
    pieces.push({ text: escapeOf(character), isEscape: true });
    end = match.index + character.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isEscape: false });
  return pieces;
}

/** `text` with the escapes written out. */
export function visibleText(text: string): string {
  return textPieces(text)
    .map((piece) => piece.text)
    .join("");
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}}`;
}
