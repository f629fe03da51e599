import { stripVTControlCharacters, styleText } from "node:util";
import type { Environment } from "./environment.ts";

export type Style = "dim" | "green" | "red" | "bold" | "yellow";
export type Paint = (style: Style, text: string) => string;

/** Colours on a terminal only, unless FORCE_COLOR says otherwise (no-color.org, force-color.org). */
export function painter(stream: NodeJS.WritableStream, environment: Environment): Paint {
  if (!hasColors(stream, environment)) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

function hasColors(stream: NodeJS.WritableStream, { FORCE_COLOR: forced, NO_COLOR, TERM }: Environment): boolean {
  if (forced) return forced !== "0" && forced !== "false";
  return isTerminal(stream) && !NO_COLOR && TERM !== "dumb";
}

export function isTerminal(stream: NodeJS.WritableStream): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}

/** Because text of a model or a program must not move the person's cursor or change their terminal. */
export function safe(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    "",
  );
}

const longestLine = 160;

/** The first line of `text`, shortened; "…" says that there is more. */
export function oneLine(text: string): string {
  const [first = "", ...rest] = safe(text).trim().split("\n");
  const short = shortened(first, longestLine);
  return rest.length === 0 || short !== first ? short : `${first} …`;
}

/** At most `columns` wide on a terminal. */
export function shortened(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let short = "";
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += widthOf(segment);
    if (width > columns - 1) break;
    short += segment;
  }
  return `${short}…`;
}

/** What a person takes for one character. Made when it is needed: its tables take milliseconds to load. */
function graphemesOf(text: string): Intl.Segments {
  return new Intl.Segmenter().segment(text);
}

/** East Asian wide and full-width characters (Unicode UAX #11), and what is drawn as a picture. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}])/u;

/** How many columns of a terminal `text` takes. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += wide.test(segment) ? 2 : /^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment) ? 0 : 1;
  return width;
}
