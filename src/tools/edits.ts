import { nearestLines } from "./nearestLines.ts";
import { lineNumberAt, linesOf, numbered } from "./numberedLines.ts";
import { lineEndOf, occurrences } from "./textFile.ts";

/** Why an edit was not made, for the model: what is wrong and what to do. Nothing was changed. */
export class EditError extends Error {
  override readonly name = "EditError";
}

interface Edited {
  readonly text: string;
  /** The lines around the change, numbered. */
  readonly snippet: string;
}

/** `text` with the one occurrence of `old` replaced, letter for letter; line ends of the file are kept. */
export function replace(text: string, old: string, now: string, path: string): Edited {
  if (old === now) throw new EditError("old_str and new_str are the same; nothing was changed.");
  const found = locate(text, old, path);
  const inserted = withLineEnds(now, lineEndOf(text));
  const result = text.slice(0, found.start) + inserted + text.slice(found.end);
  return { text: result, snippet: snippetAround(result, lineNumberAt(result, found.start), linesOf(now).length) };
}

/** `text` with the lines of `added` after line `after`. */
export function insert(text: string, after: number, added: string): Edited {
  const lines = linesOf(text).length;
  if (after > lines) throw new EditError(`insert_line ${after} is past the end: the file has ${lines} lines. Nothing was changed.`);
  const end = lineEndOf(text);
  const at = offsetAfterLine(text, after);
  const head = text.slice(0, at);
  const glue = head === "" || head.endsWith("\n") ? "" : end;
  const body = withLineEnds(added.endsWith("\n") ? added : `${added}\n`, end);
  const result = head + glue + body + text.slice(at);
  return { text: result, snippet: snippetAround(result, after + 1, linesOf(added).length) };
}

function locate(text: string, old: string, path: string): { readonly start: number; readonly end: number } {
  const exact = occurrences(text, old);
  const found = exact.length === 0 && old.trim() !== "" ? occurrences(text, old.trim()) : exact;
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) throw new EditError(notFound(text, old, path));
  const places = found
    .slice(0, 20)
    .map(({ start }) => lineNumberAt(text, start))
    .join(", ");
  throw new EditError(
    `old_str occurs ${found.length} times in ${path} (lines ${places}); it must occur once. Add lines around it. Nothing was changed.`,
  );
}

function notFound(text: string, old: string, path: string): string {
  const near = nearestLines(text, old);
  const hint = near === "" ? "View the file and copy the text exactly." : `The nearest lines are:\n${near}`;
  return `old_str does not occur in ${path}. Nothing was changed. ${hint}`;
}

function withLineEnds(text: string, end: "\n" | "\r\n"): string {
  const plain = text.replaceAll("\r\n", "\n");
  return end === "\n" ? plain : plain.replaceAll("\n", end);
}

function offsetAfterLine(text: string, line: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed++) {
    const next = text.indexOf("\n", offset);
    if (next === -1) return text.length;
    offset = next + 1;
  }
  return offset;
}

/** Three lines before the change to four after it. */
function snippetAround(text: string, firstLine: number, count: number): string {
  const start = Math.max(1, firstLine - 3);
  return numbered(linesOf(text).slice(start - 1, firstLine + count + 3), start);
}
