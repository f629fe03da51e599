import { posix } from "node:path";
import type { FileEditorAction } from "../protocol/actions.ts";
import { type Content, textContent } from "../protocol/content.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError } from "./edits.ts";
import { fileKind } from "./fileKinds.ts";
import { linesOf, numbered } from "./numberedLines.ts";
import { decodeText, type TextFile } from "./textFile.ts";
import type { ToolContext } from "./tool.ts";
import { truncateMiddle } from "./truncate.ts";

/** What is larger is neither read nor written here, so that every edit can be viewed and taken back. */
export const mostBytes = 10 * 1024 * 1024;
const mostImageBytes = 5 * 1024 * 1024;
const maxCharacters = 16_000;
const maxEntries = 1_000;

export interface OpenFile extends TextFile {
  readonly path: string;
  /** For the next write: it is refused when the file has changed since. */
  readonly version: string;
}

/** The text file at `path`; an EditError or RuntimeError says why it cannot be edited. */
export async function openFile(path: string, { runtime, signal }: ToolContext): Promise<OpenFile> {
  const { bytes, version } = await runtime.files.read(path, { maxBytes: mostBytes, signal });
  const decoded = decodeText(bytes);
  if (decoded.type === "binary") throw new EditError(binary(path, bytes));
  if (decoded.type === "unknown")
    throw new EditError(
      `${path} cannot be edited as text: ${decoded.why}, so that other parts of it could be damaged. Nothing was changed.`,
    );
  return { ...decoded.file, path, version };
}

export interface FileView {
  readonly content: Content[];
  /** The whole text, when it is a text file. */
  readonly text?: string;
}

/** The file's lines with their numbers, the range of them that was asked for, or the picture that it is. */
export async function viewFile(action: FileEditorAction, { runtime, signal }: ToolContext): Promise<FileView> {
  const { path } = action;
  const { bytes } = await runtime.files.read(path, { maxBytes: mostBytes, signal });
  const { name, image } = fileKind(bytes);
  const decoded = decodeText(bytes);
  if (image !== undefined && decoded.type !== "text") return viewImage(path, bytes, { name, image });
  if (decoded.type === "binary") throw new EditError(binary(path, bytes));
  if (decoded.type === "text") return { content: [textContent(viewLines(action, decoded.file.text))], text: decoded.file.text };
  const note = `NOTE: ${path} can be viewed, but not edited here: ${decoded.why}.`;
  return { content: [textContent(`${viewLines(action, decoded.text)}${note}\n`)] };
}

function binary(path: string, bytes: Uint8Array): string {
  return `${path} is ${fileKind(bytes).name} of ${bytes.length} bytes; it can be neither viewed nor edited as text. Use a command that knows its kind.`;
}

function viewImage(path: string, bytes: Uint8Array, { name, image }: { readonly name: string; readonly image: string }): FileView {
  if (bytes.length > mostImageBytes)
    throw new EditError(
      `${path} is ${name} of ${bytes.length} bytes; at most ${mostImageBytes} can be shown. Make a smaller copy of it first.`,
    );
  const url = `data:${image};base64,${Buffer.from(bytes).toString("base64")}`;
  return {
    content: [textContent(`${path} is ${name} of ${bytes.length} bytes:`), { type: "image", image_urls: [url], cache_prompt: false }],
  };
}

function viewLines({ path, view_range }: FileEditorAction, text: string): string {
  const lines = linesOf(text);
  if (view_range == null) return `${path}, ${lines.length} lines:\n${shortened(numbered(lines, 1))}\n`;
  const { first, last, note } = checkRange(view_range, lines.length);
  return `${path}, lines ${first} to ${last} of ${lines.length}:\n${shortened(numbered(lines.slice(first - 1, last), first))}\n${note}`;
}

function shortened(text: string): string {
  const short = truncateMiddle(text, maxCharacters);
  return short === text ? text : `${short}\nNOTE: the middle is left out. View a range of lines, or search with grep.`;
}

function checkRange(range: readonly number[], count: number): { readonly first: number; readonly last: number; readonly note: string } {
  const [first, last] = range;
  if (first === undefined || last === undefined || range.length !== 2)
    throw new EditError("view_range takes two numbers, the first and the last line: [first, last].");
  if (first < 1 || first > Math.max(1, count)) throw new EditError(`view_range begins at line ${first}, but the file has ${count} lines.`);
  const end = last === -1 ? count : Math.min(last, count);
  if (end < first && count > 0) throw new EditError(`view_range ends at line ${last}, before its begin at line ${first}.`);
  return { first, last: end, note: last > count ? `NOTE: line ${last} was asked for; the file ends at line ${count}.\n` : "" };
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
    lines.push(...below.entries.slice(0, maxEntries));
  }
  const cut = lines.length > maxEntries ? "\n[… and more; view a directory further down]" : "";
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
