import { type LineEnd, lineEndOf, occurrences, type Place, withLineEnds } from "./lineEnds.ts";
import { nearestLines } from "./nearestLines.ts";
import { lineNumberAt, linesOf, numbered, offsetAfterLines } from "./numberedLines.ts";

/** Why an edit was not made, for the model: what is wrong and what to do. Nothing was changed. */
export class EditError extends Error {
  override readonly name: string = "EditError";
}

/** What was to be replaced is not there. */
export class NotFoundError extends EditError {
  override readonly name = "NotFoundError";
}

export interface Edited {
  readonly text: string;
  /** The lines around the change, numbered. */
  readonly snippet: string;
}

/** `text` with the one occurrence of `old` replaced, letter for letter; the line ends around it are kept. */
export function replace(text: string, { old, now, path }: { readonly old: string; readonly now: string; readonly path: string }): Edited {
  if (old === now) throw new EditError("old_str and new_str are the same; nothing was changed.");
  const { start, end } = locate(text, old, path);
  const inserted = withLineEnds(now, lineEndOf(text.slice(start, end)) ?? endOf(text));
  const result = text.slice(0, start) + inserted + text.slice(end);
  return { text: result, snippet: snippetAround(result, lineNumberAt(result, start), linesOf(now).length) };
}

/** `text` with the lines of `added` after line `after`. A file whose last line has no end keeps that. */
export function insert(text: string, after: number, added: string): Edited {
  const lines = linesOf(text).length;
  if (after > lines) throw new EditError(`insert_line ${after} is past the end: the file has ${lines} lines. Nothing was changed.`);
  const end = endOf(text);
  const at = offsetAfterLines(text, after);
  const isUnended = at === text.length && /[^\r\n]$/.test(text);
  const isEnded = /[\r\n]$/.test(added);
  const body = withLineEnds(isEnded || isUnended ? added : `${added}\n`, end);
  const result = text.slice(0, at) + (isUnended ? end : "") + body + text.slice(at);
  return { text: result, snippet: snippetAround(result, after + 1, linesOf(added).length) };
}

function endOf(text: string): LineEnd {
  return lineEndOf(text) ?? "\n";
}

function locate(text: string, old: string, path: string): Place {
  const exact = occurrences(text, old);
  const { count, places } = exact.count === 0 && old.trim() !== "" ? occurrences(text, old.trim()) : exact;
  const [only] = places;
  if (only === undefined) throw new NotFoundError(notFound(text, old, path));
  if (count === 1) return only;
  const lines = places.map(({ start }) => lineNumberAt(text, start)).join(", ");
  const more = count > places.length ? " and more" : "";
  throw new EditError(
    `old_str occurs ${count} times in ${path} (lines ${lines}${more}); it must occur once. Add lines around it. Nothing was changed.`,
  );
}

function notFound(text: string, old: string, path: string): string {
  const said = `old_str does not occur in ${path}. Nothing was changed.`;
  const spaced = differentlySpaced(text, old);
  if (spaced !== undefined) return `${said} The same words stand there with other white space:\n${spaced}`;
  const near = nearestLines(text, old);
  return `${said} ${near === "" ? "View the file and copy the text exactly." : `The nearest lines are:\n${near}`}`;
}

const longestSearched = 20_000;
/** White space that looks like a plain space and is none. */
const oddSpace = /[^\S \t\r\n]/gu;

/** The lines where the words of `old` stand in their order, with the white space between them that nobody sees made visible. */
function differentlySpaced(text: string, old: string): string | undefined {
  const words = old.match(/\S+/g) ?? [];
  if (words.length === 0 || old.length > longestSearched) return undefined;
  const found = new RegExp(words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join(String.raw`\s+`), "u").exec(
    text,
  );
  if (found === null) return undefined;
  const first = lineNumberAt(text, found.index);
  const lines = linesOf(text).slice(first - 1, lineNumberAt(text, found.index + found[0].length));
  const odd = [...new Set(found[0].match(oddSpace) ?? [])].map(
    (space) => `U+${space.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
  const note = odd.length === 0 ? "" : `\n[The white space there has ${odd.join(", ")}; copy it as it is.]`;
  return numbered(lines.slice(0, 40), first) + note;
}

/** Three lines before the change to four after it. */
function snippetAround(text: string, firstLine: number, count: number): string {
  const start = Math.max(1, firstLine - 3);
  return numbered(linesOf(text).slice(start - 1, firstLine + count + 3), start);
}
