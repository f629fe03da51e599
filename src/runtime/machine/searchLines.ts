import type { FoundFile } from "../../protocol/runtime.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { TookTooLong, timeLimited } from "../timeLimited.ts";

export type FoundLines = FoundFile["lines"];

/** Of one file. */
export const mostLines = 5;
const longestLine = 300;
/** Most of what is in front of a match in a long line is cut. */
const shownBefore = 100;
/** A pattern can take for ever on some text, and nothing else happens here meanwhile. */
const longestLookMs = 500;

/**
 * What finds the first lines of a file that match; nothing in a binary file. Throws a RuntimeError when `pattern` is no regular expression,
 * and later when it takes too long on some text.
 */
export function lineFinder(pattern: string): (bytes: Uint8Array) => FoundLines {
  const expression = compile(pattern);
  let text = "";
  let found: FoundLines = [];
  const look = timeLimited(longestLookMs, () => void (found = linesIn(text, expression)));
  return (bytes) => {
    text = textIn(bytes);
    found = [];
    try {
      if (text !== "") look();
    } catch (cause) {
      if (!(cause instanceof TookTooLong)) throw cause;
      throw new RuntimeError("failed", `The pattern takes too long on some text. Use a simpler one.`, { cause });
    }
    return found;
  };
}

/** A line that is cut around the place `at` when it is long. */
export function foundLine(number: number, line: string, at: number): FoundLines[number] {
  if (line.length <= longestLine) return { number, text: line.toWellFormed() };
  const from = Math.max(0, Math.min(at - shownBefore, line.length - longestLine));
  const to = from + longestLine;
  const text = `${from > 0 ? "…" : ""}${line.slice(from, to)}${to < line.length ? "…" : ""}`;
  return { number, text: text.toWellFormed() };
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "iu");
  } catch {
    // Because with Unicode rules `\-` and `\"` are errors, which are harmless and common.
  }
  try {
    return new RegExp(pattern, "i");
  } catch (cause) {
    throw new RuntimeError("failed", messageOf(cause), { cause });
  }
}

function linesIn(text: string, expression: RegExp): FoundLines {
  const found: FoundLines = [];
  let number = 0;
  for (let start = 0; start < text.length && found.length < mostLines; ) {
    const next = text.indexOf("\n", start);
    const end = next === -1 ? text.length : next;
    const line = text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
    number++;
    const match = expression.exec(line);
    if (match !== null) found.push(foundLine(number, line, match.index));
    start = end + 1;
  }
  return found;
}

/** Empty for a binary file. */
function textIn(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return bytes.includes(0) ? "" : new TextDecoder().decode(bytes);
}
