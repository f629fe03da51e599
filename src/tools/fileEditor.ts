import { posix } from "node:path";
import { FileEditorAction, type FileEditorObservation } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import type { RuntimeInfo } from "../protocol/runtime.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError, insert, replace } from "./edits.ts";
import { type OpenFile, openFile, viewDirectory, viewFile } from "./fileViews.ts";
import { linesOf, numbered } from "./numberedLines.ts";
import { encodeText } from "./textFile.ts";
import type { OwnRisk, Tool, ToolContext } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

const undoDepth = 10;

/** What `undo_edit` can take back, newest last, by path. */
type History = Map<string, Change[]>;

interface Change {
  /** Undefined: there was no file. */
  readonly before: string | undefined;
  readonly after: string;
}

/** Its undo history lives as long as the tool: make one for each conversation. */
export function fileEditorTool(): Tool {
  const history: History = new Map();
  return toolOf<FileEditorAction>({
    name: "file_editor",
    kind: "FileEditorAction",
    description: `Views and edits text files, and lists directories. Paths are absolute.
- view: a file with line numbers, or a directory two levels deep.
- create: a new file; it must not exist. Missing folders are made.
- str_replace: replaces old_str, which must occur exactly once, by new_str. Copy old_str exactly, white space included, with enough lines around it to be unique.
- insert: puts new_str after line insert_line (0: at the top).
- undo_edit: takes back your last edit of the file.
Line ends and encoding of a file are kept.`,
    action: FileEditorAction,
    parameters: {
      command: "What to do.",
      path: "Absolute path.",
      file_text: "create: the whole text.",
      old_str: "str_replace: the text to replace.",
      new_str: "str_replace: the new text, empty to delete. insert: the lines to put in.",
      insert_line: "insert: the line after which they go.",
      view_range: "view: [first, last] line, counted from 1; last -1 is the end.",
    },
    isReadOnly: false,
    risk,
    run: (action, context) => run(action, context, history),
  });
}

/** Looking is harmless inside the workspace; an edit there can be taken back; outside of it everything asks. */
function risk(action: FileEditorAction, info: RuntimeInfo): OwnRisk {
  const path = posix.normalize(action.path);
  const isInside = path === info.workingDir || path.startsWith(`${info.workingDir}/`);
  if (!isInside) return "HIGH";
  return action.command === "view" ? "LOW" : "MEDIUM";
}

async function run(action: FileEditorAction, context: ToolContext, history: History): Promise<FileEditorObservation> {
  try {
    return { ...(await perform({ ...action, path: posix.normalize(action.path) }, context, history)), path: action.path };
  } catch (error) {
    if (!(error instanceof EditError) && !(error instanceof RuntimeError)) throw error;
    return {
      kind: "FileEditorObservation",
      content: [textContent(error.message)],
      is_error: true,
      command: action.command,
      prev_exist: true,
    };
  }
}

async function perform(action: FileEditorAction, context: ToolContext, history: History): Promise<FileEditorObservation> {
  await checkPath(action, context);
  switch (action.command) {
    case "view":
      return view(action, context);
    case "create":
      return create(action, context, history);
    case "str_replace": {
      const { old_str, new_str } = action;
      if (old_str == null || old_str === "") throw new EditError("str_replace needs old_str: the text to replace.");
      return edit(action, context, { history, change: (text) => replace(text, old_str, new_str ?? "", action.path) });
    }
    case "insert": {
      const { insert_line, new_str } = action;
      if (insert_line == null || new_str == null) throw new EditError("insert needs insert_line and new_str.");
      return edit(action, context, { history, change: (text) => insert(text, insert_line, new_str) });
    }
    case "undo_edit":
      return undo(action, context, history);
  }
}

async function checkPath(action: FileEditorAction, { runtime, signal }: ToolContext): Promise<void> {
  if (posix.isAbsolute(action.path)) return;
  const absolute = posix.join(runtime.info.workingDir, action.path);
  const hint = (await runtime.files.stat(absolute, signal)) ? ` Did you mean ${absolute}?` : "";
  throw new EditError(`The path ${action.path} is not absolute.${hint}`);
}

async function view(action: FileEditorAction, context: ToolContext): Promise<FileEditorObservation> {
  const text = await viewed(action, context);
  return { kind: "FileEditorObservation", content: [textContent(text)], is_error: false, command: "view", prev_exist: true };
}

/** Most of what is viewed is a file, so that it is read without asking first. */
async function viewed(action: FileEditorAction, context: ToolContext): Promise<string> {
  try {
    return viewFile(action, await openFile(action.path, context));
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "is-directory") return viewDirectory(action, context);
    if (error instanceof RuntimeError && error.code === "not-found") throw new EditError(`There is no file or directory ${action.path}.`);
    throw error;
  }
}

async function create(action: FileEditorAction, { runtime, signal }: ToolContext, history: History): Promise<FileEditorObservation> {
  const { path, file_text } = action;
  if (file_text == null) throw new EditError("create needs file_text: the whole text of the new file.");
  try {
    await runtime.files.write(path, Buffer.from(file_text, "utf-8"), { expected: "absent", signal });
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== "exists") throw error;
    throw new EditError(`${path} exists already. Use str_replace or insert to change it.`);
  }
  remember(history, path, { before: undefined, after: file_text });
  return { ...changed("create", `Created ${path}.`), prev_exist: false, new_content: file_text };
}

interface Edit {
  readonly history: History;
  readonly change: (text: string) => { readonly text: string; readonly snippet: string };
}

async function edit(action: FileEditorAction, context: ToolContext, { history, change }: Edit): Promise<FileEditorObservation> {
  const file = await openFile(action.path, context);
  const { text, snippet } = change(file.text);
  await save(file, text, context);
  remember(history, action.path, { before: file.text, after: text });
  const told = `Edited ${action.path}. It now reads:\n${snippet}`;
  return { ...changed(action.command, told), old_content: file.text, new_content: text };
}

async function undo(action: FileEditorAction, context: ToolContext, history: History): Promise<FileEditorObservation> {
  const last = history.get(action.path)?.at(-1);
  if (last === undefined) throw new EditError(`There is no edit of ${action.path} to undo.`);
  const { before, after } = last;
  const file = await openFile(action.path, context);
  if (file.text !== after)
    throw new EditError(`${action.path} has changed since your last edit of it, so nothing was undone. View it, and edit it anew.`);
  if (before === undefined) await context.runtime.files.remove(action.path, context.signal);
  else await save(file, before, context);
  history.get(action.path)?.pop();
  const told = before === undefined ? `Removed ${action.path}, which the undone edit had created.` : numbered(linesOf(before), 1);
  return { ...changed("undo_edit", told), old_content: file.text, new_content: before ?? "" };
}

async function save(file: OpenFile, text: string, { runtime, signal }: ToolContext): Promise<void> {
  await runtime.files.write(file.path, encodeText(file, text), { expected: file.version, signal });
}

function remember(history: History, path: string, change: Change): void {
  history.set(path, [...(history.get(path) ?? []), change].slice(-undoDepth));
}

function changed(command: FileEditorAction["command"], text: string): FileEditorObservation {
  return { kind: "FileEditorObservation", content: [textContent(text)], is_error: false, command, prev_exist: true };
}
