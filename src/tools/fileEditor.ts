import { posix } from "node:path";
import { FileEditorAction, type FileEditorObservation } from "../protocol/actions.ts";
import { type Content, textContent } from "../protocol/content.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { editRisk } from "./editRisk.ts";
import { EditError, type Edited, insert, NotFoundError, replace } from "./edits.ts";
import { checkPath } from "./filePath.ts";
import { type OpenFile, openFile, viewDirectory, viewFile } from "./fileViews.ts";
import { linesOf, numbered } from "./numberedLines.ts";
import { SeenFiles } from "./seenFiles.ts";
import { isAnswer, type Tool, type ToolContext } from "./tool.ts";
import { toolOf } from "./toolOf.ts";
import { UndoHistory } from "./undoHistory.ts";
import { type WrittenText, writeText } from "./writtenText.ts";

/** What the tool knows of the files of its conversation. */
interface Memory {
  readonly history: UndoHistory;
  readonly seen: SeenFiles;
}

/** It remembers what can be undone and what the model saw: make one for each conversation. */
export function fileEditorTool(): Tool {
  const memory: Memory = { history: new UndoHistory(), seen: new SeenFiles() };
  return toolOf<FileEditorAction>({
    name: "file_editor",
    kind: "FileEditorAction",
    description: `Views and edits text files, and lists directories. Paths are absolute.
- view: a file with line numbers, or a directory two levels deep. To find something, use grep or glob.
- create: a new file, which must not exist, and its missing folders.
- str_replace: replaces old_str, which must occur exactly once. Copy it exactly, white space included, line numbers left out.
- insert: puts new_str after line insert_line (0: at the top). Line numbers move with every edit.
- undo_edit: takes back your last edit of the file, up to ten.
Line ends and encoding are kept. Long views lose their middle.`,
    imageNote: "view shows images, too (at most 5 MB).",
    action: FileEditorAction,
    parameters: {
      new_str: "Empty to delete.",
      view_range: "view: [first, last] line, from 1; last -1 is the end.",
    },
    isReadOnly: false,
    risk: (action, context) => editRisk(action, context, (before) => textAfter(action, before)),
    run: (action, context) => run(action, context, memory),
  });
}

async function run(action: FileEditorAction, context: ToolContext, memory: Memory): Promise<FileEditorObservation> {
  try {
    return { ...(await perform(action, context, memory)), path: action.path };
  } catch (error) {
    if (!(error instanceof EditError) && !isAnswer(error)) throw error;
    const content = [textContent(error.message)];
    return { kind: "FileEditorObservation", content, is_error: true, command: action.command, prev_exist: true };
  }
}

async function perform(given: FileEditorAction, context: ToolContext, memory: Memory): Promise<FileEditorObservation> {
  await checkPath(given.path, context);
  const action = { ...given, path: posix.normalize(given.path) };
  switch (action.command) {
    case "view":
      return view(action, context, memory);
    case "create":
      return create(action, context, memory);
    case "str_replace":
    case "insert":
      return edit(action, context, memory);
    case "undo_edit":
      return undo(action, context, memory);
  }
}

/** Most of what is viewed is a file, so that it is read without asking first. */
async function view(action: FileEditorAction, context: ToolContext, { seen }: Memory): Promise<FileEditorObservation> {
  const { path } = action;
  try {
    const { content, text } = await viewFile(action, context);
    if (text !== undefined) seen.see(path, text);
    return observation("view", content);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "is-directory")
      return observation("view", [textContent(await viewDirectory(action, context))]);
    if (error instanceof RuntimeError && error.code === "not-found") throw new EditError(`There is no file or directory ${path}.`);
    throw error;
  }
}

async function create(action: FileEditorAction, context: ToolContext, { history, seen }: Memory): Promise<FileEditorObservation> {
  const { path, file_text } = action;
  const { runtime, signal } = context;
  if (file_text == null) throw new EditError("create needs file_text: the whole text of the new file.");
  const { workingDir } = runtime.info;
  if (path.startsWith(`${workingDir}/`) && (await runtime.files.stat(workingDir, signal)) === undefined)
    throw new EditError(`The workspace folder ${workingDir} is gone, so nothing was created. Tell the person.`);
  const fresh = { path, version: "absent", encoding: "utf-8", hasBom: false } as const;
  const written = await writeText(fresh, file_text, context).catch(async (error: unknown) => {
    if (!(error instanceof RuntimeError) || error.code !== "exists") throw error;
    throw new EditError(await existsAlready(path, context));
  });
  const { text } = written;
  history.remember(path, undefined, text);
  seen.see(path, text);
  return { ...observation("create", [textContent(report(`Created ${path}`, written))]), prev_exist: false, new_content: text };
}

async function existsAlready(path: string, { runtime, signal }: ToolContext): Promise<string> {
  const entries = await runtime.files.list(posix.dirname(path), signal);
  const name = posix.basename(path);
  const twin = entries.find((entry) => entry.name !== name && entry.name.toLowerCase() === name.toLowerCase())?.name;
  if (entries.some((entry) => entry.name === name) || twin === undefined)
    return `${path} exists already. Use str_replace or insert to change it.`;
  return `${posix.join(posix.dirname(path), twin)} exists already, and this file system takes ${name} for the same name. Nothing was created.`;
}

/** What the action makes of a file's text; an EditError says why it cannot. */
function change({ command, path, ...args }: FileEditorAction, text: string): Edited {
  if (command === "insert") {
    const { insert_line, new_str } = args;
    if (insert_line == null || new_str == null) throw new EditError("insert needs insert_line and new_str.");
    return insert(text, insert_line, new_str);
  }
  const { old_str, new_str } = args;
  if (old_str == null || old_str === "") throw new EditError("str_replace needs old_str: the text to replace.");
  return replace(text, { old: old_str, now: new_str ?? "", path });
}

/** The whole text that the action makes of a file with the text `before`; throws an EditError when it cannot. */
export function textAfter(action: FileEditorAction, before: string): string {
  return action.command === "create" ? (action.file_text ?? "") : change(action, before).text;
}

async function edit(action: FileEditorAction, context: ToolContext, { history, seen }: Memory): Promise<FileEditorObservation> {
  const { path, command } = action;
  const file = await openFile(path, context);
  const others = seen.changes(path, file.text);
  if (command === "insert" && !seen.isSameUpTo(action.insert_line ?? 0, path, file.text)) throw stale(file, others, seen);
  const { text: wanted, snippet } = changeOrTell(action, file, { others, seen });
  const written = await writeText(file, wanted, context);
  const { text, encoding } = written;
  history.remember(path, file, text);
  seen.see(path, text);
  const notes = [
    ...(others === undefined ? [] : [`NOTE: the file had changed since you read it:\n${others}`]),
    ...(encoding === file.encoding ? [] : [`NOTE: the file is UTF-8 now, because ${file.encoding} lacks a letter of the new text.`]),
  ];
  const told = [report(`Edited ${path}`, written, ` It now reads:\n${snippet}`), ...notes].join("\n");
  return { ...observation(command, [textContent(told)]), old_content: file.text, new_content: text };
}

interface Stale {
  /** What others have changed since the model looked. */
  readonly others: string | undefined;
  readonly seen: SeenFiles;
}

/** What is missing may have been there when the model looked. */
function changeOrTell(action: FileEditorAction, file: OpenFile, { others, seen }: Stale): Edited {
  try {
    return change(action, file.text);
  } catch (error) {
    throw error instanceof NotFoundError && others !== undefined ? stale(file, others, seen) : error;
  }
}

/** It tells what has changed, so that the model need not view the file again. */
function stale({ path, text }: OpenFile, others: string | undefined, seen: SeenFiles): EditError {
  seen.see(path, text);
  return new EditError(`Edit refused: ${path} has changed since you read it. Nothing was changed. What is different now:\n${others ?? ""}`);
}

async function undo({ path }: FileEditorAction, context: ToolContext, { history, seen }: Memory): Promise<FileEditorObservation> {
  if (!history.has(path)) throw new EditError(`There is no edit of ${path} to undo.`);
  const file = await openFile(path, context);
  const last = history.last(path, file.text);
  if (last?.isUntouched !== true)
    throw new EditError(`${path} has changed since your last edit of it, so nothing was undone. View it, and edit it anew.`);
  const { before } = last;
  if (before === undefined) {
    await context.runtime.files.remove(path, context.signal);
    history.dropLast(path);
    seen.forget(path);
    const removed = textContent(`Removed ${path}, which the undone edit had created.`);
    return { ...observation("undo_edit", [removed]), old_content: file.text, new_content: "" };
  }
  const { text, notes } = await writeText({ ...before, path, version: file.version }, before.text, context);
  history.dropLast(path);
  seen.see(path, text);
  const told = [numbered(linesOf(text), 1), ...notes].join("\n");
  return { ...observation("undo_edit", [textContent(told)]), old_content: file.text, new_content: text };
}

/** What is told of an edit: what the file reads now, if that is not what was written, and what else there is to say. */
function report(done: string, { isOtherwise, notes }: WrittenText, snippet = ""): string {
  const now =
    isOtherwise === undefined
      ? `${done}.${snippet}`
      : `${done}.\nNOTE: saving it has changed it; it is not what you wrote, but:\n${isOtherwise}`;
  return [now, ...notes].join("\n");
}

function observation(command: FileEditorAction["command"], content: Content[]): FileEditorObservation {
  return { kind: "FileEditorObservation", content, is_error: false, command, prev_exist: true };
}
