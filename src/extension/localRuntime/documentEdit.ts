import * as vscode from "vscode";
import type { WrittenFile } from "../../protocol/runtime.ts";
import { type Files, RuntimeError, type WriteOptions } from "../../runtime/runtime.ts";

/** The rest of a write: the file system below the editor, and what was asked. */
export interface Writing {
  readonly path: string;
  readonly disk: Files;
  readonly options: WriteOptions;
}

/** The version of a document with unsaved changes. */
export const versionOf = (document: vscode.TextDocument): string => `document-${document.version}`;

const notSaved =
  "The person has unsaved changes in this file, so it was edited in the editor and is not saved: commands still find the old file on the disk. When a command needs it, ask the person to save it.";
const changedBySaving = "When the file was saved, the editor changed it further, by its formatter or another action on save.";
const longestSaveMs = 15_000;

/**
 * Whether an editor shows something else than the disk has: one whose saving has failed, or whose changes were taken back by typing, says that
 * it has unsaved changes, and has none.
 */
export async function isUnsaved(
  document: vscode.TextDocument,
  { path, disk, signal }: Omit<Writing, "options"> & { readonly signal: AbortSignal },
): Promise<boolean> {
  if (!document.isDirty) return false;
  const { encoding } = document;
  const shown = await vscode.workspace.encode(document.getText(), { encoding });
  return disk.read(path, { maxBytes: shown.length, signal }).then(
    ({ bytes }) => !isSame(bytes, shown),
    // Because there is no such file then.
    () => true,
  );
}

/** Edits what the person has typed and not saved; it is theirs to save, unless VS Code does so anyway. */
export async function editUnsaved(document: vscode.TextDocument, bytes: Uint8Array, writing: Writing): Promise<WrittenFile> {
  refuseChanged(versionOf(document), writing);
  const before = document.getText();
  const text = new TextDecoder("utf-8").decode(bytes);
  await replaceText(document, text, writing.path);
  if (isSavedByItself(document)) return saved(document, writing, { bytes: Buffer.from(text), before });
  const now = document.getText();
  return {
    kind: "file",
    sizeBytes: Buffer.byteLength(now),
    version: versionOf(document),
    notes: [notSaved],
    ...(now === text ? {} : { isOtherwise: true }),
  };
}

/**
 * Replaces what an editor shows by one edit that the person can undo, and saves it, so that commands see what the editor shows. Undefined
 * when saving would not give these bytes.
 */
export async function editShown(document: vscode.TextDocument, bytes: Uint8Array, writing: Writing): Promise<WrittenFile | undefined> {
  const { path, disk, options } = writing;
  const found = await disk.stat(path, options.signal);
  // What is no file any more is refused by the disk.
  if (found?.kind !== "file") return undefined;
  refuseChanged(found.version, writing);
  const text = await textFor(document, bytes, writing);
  if (text === undefined) return undefined;
  const before = document.getText();
  if (text === before) return found;
  await replaceText(document, text, path);
  if (!document.isDirty) {
    // Because a read-only editor takes an edit and then does not save it.
    await replaceText(document, before, path);
    throw new RuntimeError("no-permission", `VS Code holds ${path} read-only (files.readonlyInclude, or the person). Nothing was changed.`);
  }
  return saved(document, writing, { bytes, before });
}

function refuseChanged(version: string, { path, options }: Writing): void {
  if (version !== options.expected && options.expected === "absent")
    throw new RuntimeError("exists", `There is already something at ${path}.`);
  if (version !== options.expected) throw new RuntimeError("changed", `${path} has changed since it was read. View it again.`);
}

function isSavedByItself({ uri }: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration("files", uri).get("autoSave") === "afterDelay";
}

interface Edited {
  readonly bytes: Uint8Array;
  /** What the editor showed before. */
  readonly before: string;
}

async function saved(document: vscode.TextDocument, writing: Writing, { bytes, before }: Edited): Promise<WrittenFile> {
  const { path, disk, options } = writing;
  const { signal } = options;
  if (!(await inTime(document.save(), path, signal))) {
    await replaceText(document, before, path);
    if (vscode.window.activeTextEditor?.document === document && !(await isUnsaved(document, { path, disk, signal })))
      // So that the tab does not say that there are unsaved changes. VS Code does this for the editor in front only.
      await vscode.commands.executeCommand("workbench.action.files.revert");
    await sayWhy(writing);
    throw new RuntimeError("failed", `VS Code could not save ${path}. Nothing was changed; ask the person to look at it.`);
  }
  const now = await disk.read(path, { maxBytes: mostEditedBytes, signal });
  const stat = { kind: "file", sizeBytes: now.bytes.length, version: now.version } as const;
  return isSame(now.bytes, bytes) ? stat : { ...stat, notes: [changedBySaving], isOtherwise: true };
}

/** VS Code tells only that a file was not saved, so the disk is asked, by writing what is there: it rejects with the reason. */
async function sayWhy({ path, disk, options: { signal } }: Writing): Promise<void> {
  const { bytes, version } = await disk.read(path, { maxBytes: mostEditedBytes, signal });
  await disk.write(path, bytes, { expected: version, signal });
}

/** A formatter may hang; what it is waited for is told. */
async function inTime(save: Thenable<boolean>, path: string, signal: AbortSignal): Promise<boolean> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new RuntimeError(
    "failed",
    `${path} is changed in the editor, but VS Code is still busy saving it. View it before you go on.`,
  );
  const timer = setTimeout(() => reject(late), longestSaveMs);
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([save, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Only what is different is replaced, so that the cursor and folded parts stay where they are. */
async function replaceText(document: vscode.TextDocument, text: string, path: string): Promise<void> {
  const before = document.getText();
  const { start, oldEnd, newEnd } = difference(before, text);
  const [old, now] = [before.slice(start, oldEnd), text.slice(start, newEnd)];
  const place = new vscode.Range(document.positionAt(start), document.positionAt(oldEnd));
  // Because VS Code looks for the least that differs and would cut one emoji in two for another.
  const steps = hasPairs.test(old) && hasPairs.test(now) ? ["", now] : [now];
  for (const [index, step] of steps.entries())
    await apply(document, { range: index === 0 ? place : new vscode.Range(place.start, place.start), text: step }, path);
}

const hasPairs = /[\ud800-\udfff]/;

async function apply(
  document: vscode.TextDocument,
  { range, text }: { readonly range: vscode.Range; readonly text: string },
  path: string,
): Promise<void> {
  const { version } = document;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  if (await vscode.workspace.applyEdit(edit)) return;
  if (document.version !== version) throw new RuntimeError("changed", `${path} was changed in the editor just now. View it again.`);
  throw new RuntimeError("failed", `The editor refused the edit of ${path}. Nothing was changed.`);
}

interface Difference {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** Between two lines of its own, so that no pair of characters is cut in two. */
function difference(before: string, after: string): Difference {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  if (start > 0) start = before.lastIndexOf("\n", start - 1) + 1;
  let same = 0;
  while (same < shortest - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  const lineEnd = before.indexOf("\n", before.length - same);
  same = lineEnd < 0 ? 0 : before.length - lineEnd - 1;
  return { start, oldEnd: before.length - same, newEnd: after.length - same };
}

/**
 * What the editor has to show so that saving gives `bytes`; undefined when it cannot give them. An editor has one kind of line end and one
 * encoding for a whole file, so that one with several, or one that was opened in the wrong encoding, would be rewritten by saving it.
 */
async function textFor(document: vscode.TextDocument, bytes: Uint8Array, { path, disk, options }: Writing): Promise<string | undefined> {
  const { encoding } = document;
  const old = await disk.read(path, { maxBytes: mostEditedBytes, signal: options.signal });
  if (!isSame(await vscode.workspace.encode(document.getText(), { encoding }), old.bytes)) return undefined;
  const text = await textOf(bytes, encoding);
  if (text === undefined) return undefined;
  const end = document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
  const isKept = text.replaceAll(/\r\n|\r|\n/g, end) === text && isSame(await vscode.workspace.encode(text, { encoding }), bytes);
  return isKept ? text : undefined;
}

/** Undefined for bytes that are no text in this encoding. */
async function textOf(bytes: Uint8Array, encoding: string): Promise<string | undefined> {
  return vscode.workspace.decode(bytes, { encoding }).then(
    (text) => text,
    // Because VS Code rejects what it takes for binary.
    () => undefined,
  );
}

const mostEditedBytes = 100 * 1024 * 1024;

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
