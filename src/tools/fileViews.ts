import { posix } from "node:path";
import type { FileEditorAction } from "../protocol/actions.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError } from "./edits.ts";
import { linesOf, numbered } from "./numberedLines.ts";
import { decodeText, type TextFile } from "./textFile.ts";
import type { ToolContext } from "./tool.ts";
import { truncateMiddle } from "./truncate.ts";

const maxBytes = 10 * 1024 * 1024;
const maxCharacters = 16_000;
const maxEntries = 1_000;

export interface OpenFile extends TextFile {
  readonly path: string;
  /** For the next write: it is refused when the file has changed since. */
  readonly version: string;
}

/** The text file at `path`; an EditError or RuntimeError says why it cannot be edited. */
export async function openFile(path: string, { runtime, signal }: ToolContext): Promise<OpenFile> {
  const { bytes, version } = await runtime.files.read(path, { maxBytes, signal });
  const file = decodeText(bytes);
  if (file === undefined)
    throw new EditError(`${path} is a binary file of ${bytes.length} bytes; it can be neither viewed nor edited as text.`);
  return { ...file, path, version };
}

/** The file's lines with their numbers, or the range of them that was asked for. */
export function viewFile({ path, view_range }: FileEditorAction, file: OpenFile): string {
  const lines = linesOf(file.text);
  if (view_range == null) {
    return `${path}, ${lines.length} lines:\n${truncateMiddle(numbered(lines, 1), maxCharacters)}\n`;
  }
  const [first, last] = checkRange(view_range, lines.length);
  const text = truncateMiddle(numbered(lines.slice(first - 1, last), first), maxCharacters);
  return `${path}, lines ${first} to ${last} of ${lines.length}:\n${text}\n`;
}

function checkRange(range: readonly number[], count: number): readonly [number, number] {
  const [first, last] = range;
  if (first === undefined || last === undefined || range.length !== 2) throw new EditError("view_range takes two numbers: [first, last].");
  if (first < 1 || first > Math.max(1, count)) throw new EditError(`view_range begins at line ${first}, but the file has ${count} lines.`);
  const end = last === -1 ? count : Math.min(last, count);
  if (end < first && count > 0) throw new EditError(`view_range ends at line ${last}, before its begin at line ${first}.`);
  return [first, end];
}

/** What is in the directory and in its directories, hidden entries left out and counted. */
export async function viewDirectory({ path, view_range }: FileEditorAction, context: ToolContext): Promise<string> {
  if (view_range != null) throw new EditError("view_range is for files; a directory is listed whole.");
  const top = await visibleEntries(path, context);
  const lines: string[] = [];
  let hidden = top.hidden;
  for (const entry of top.entries) {
    lines.push(entry);
    if (!entry.endsWith("/") || lines.length >= maxEntries) continue;
    const below = await visibleEntries(entry.slice(0, -1), context).catch(nothingToSee);
    hidden += below.hidden;
    lines.push(...below.entries);
  }
  const cut = lines.length > maxEntries ? `\n[… ${lines.length - maxEntries} more entries]` : "";
  const note = hidden === 0 ? "" : `\n[${hidden} hidden entries are not shown]`;
  return [`${path}, two levels deep:`, ...lines.slice(0, maxEntries)].join("\n") + cut + note;
}

/** A folder that may not be read is listed by its name only. */
function nothingToSee(error: unknown): { entries: string[]; hidden: number } {
  if (error instanceof RuntimeError) return { entries: [], hidden: 0 };
  throw error;
}

async function visibleEntries(path: string, { runtime, signal }: ToolContext): Promise<{ entries: string[]; hidden: number }> {
  const all = await runtime.files.list(path, signal);
  const entries = all.filter((entry) => !entry.name.startsWith(".") && entry.name !== "node_modules");
  return {
    entries: entries.map((entry) => posix.join(path, entry.name) + (entry.kind === "directory" ? "/" : "")),
    hidden: all.length - entries.length,
  };
}
