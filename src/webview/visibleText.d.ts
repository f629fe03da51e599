/** A piece of a text: as it is, or the escape of a character that would not be seen or would turn the text around. */
export interface TextPiece {
  readonly text: string;
  readonly isEscape: boolean;
}
/** `text` in pieces; lines and tabs stay as they are. */
export declare function textPieces(text: string): TextPiece[];
/** `text` with the escapes written out. */
export declare function visibleText(text: string): string;
