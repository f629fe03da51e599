import * as vscode from "vscode";
import type { FileStat } from "../../protocol/runtime.ts";
import { type FileContent, type Files, RuntimeError, type WriteOptions } from "../../runtime/runtime.ts";

/**
 * The files of `disk`, except where the editor knows better: an open document is edited in the editor, so that the person sees it and can
 * undo it, and what is typed but not saved is what the agent reads.
 */
export function editorFiles(disk: Files): Files {
  return {
    list: (path, signal) => disk.list(path, signal),
    remove: (path, signal) => disk.remove(path, signal),
    realPath: (path, signal) => disk.realPath(path, signal),
    stat: async (path, signal) => statOf(dirtyDocument(path)) ?? disk.stat(path, signal),
    read: async (path, options) => {
      refuseUnsavedEditor(path);
      return contentOf(dirtyDocument(path), options.maxBytes) ?? disk.read(path, options);
    },
    write: async (path, bytes, options) => {
      refuseUnsavedEditor(path);
      const document = openDocument(path);
      return document ? writeDocument(document, bytes, { disk, options }) : disk.write(path, bytes, options);
    },
  };
}

function openDocument(path: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    (document) => document.uri.scheme === "file" && document.uri.fsPath === path && !document.isClosed,
  );
}

function dirtyDocument(path: string): vscode.TextDocument | undefined {
  const document = openDocument(path);
  return document?.isDirty ? document : undefined;
}

function statOf(document: vscode.TextDocument | undefined): FileStat | undefined {
  return document && { kind: "file", sizeBytes: Buffer.byteLength(document.getText()), version: versionOf(document) };
}

function contentOf(document: vscode.TextDocument | undefined, maxBytes: number): FileContent | undefined {
  if (document === undefined) return undefined;
  const bytes = Buffer.from(document.getText());
  if (bytes.length > maxBytes)
    throw new RuntimeError("too-large", `${document.uri.fsPath} has ${bytes.length} bytes; at most ${maxBytes} can be read.`);
  return { bytes, version: versionOf(document) };
}

const versionOf = (document: vscode.TextDocument): string => `document-${document.version}`;

interface Writing {
  readonly disk: Files;
  readonly options: WriteOptions;
}

/** Replaces the text by one edit that the person can undo, and saves it, so that commands see what the editor shows. */
async function writeDocument(document: vscode.TextDocument, bytes: Uint8Array, { disk, options }: Writing): Promise<FileStat> {
  const path = document.uri.fsPath;
  const found = statOf(document.isDirty ? document : undefined) ?? (await disk.stat(path, options.signal));
  if ((found?.version ?? "absent") !== options.expected)
    throw new RuntimeError("changed", `${path} has changed since it was read. View it again.`);
  const text = document.isDirty ? new TextDecoder("utf-8").decode(bytes) : await textFor(document, bytes, { disk, options });
  // The editor takes over what is on the disk, when nothing is typed there that could be lost.
  if (found === undefined || text === undefined) return disk.write(path, bytes, options);
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(document.positionAt(0), document.lineAt(document.lineCount - 1).rangeIncludingLineBreak.end);
  edit.replace(document.uri, all, text);
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new RuntimeError("failed", `The editor refused the edit of ${path}. Nothing was changed.`);
  if (!(await document.save())) throw new RuntimeError("failed", `${path} is changed in the editor, but could not be saved.`);
  const saved = await disk.stat(path, options.signal);
  if (saved === undefined) throw new RuntimeError("not-found", `${path} is gone after it was saved.`);
  return saved;
}

/**
 * What the editor has to show so that saving gives `bytes`; undefined when it cannot give them. An editor has one kind of line end and one
 * encoding for a whole file, so that one with several, or one that was opened in the wrong encoding, would be rewritten by saving it.
 */
async function textFor(document: vscode.TextDocument, bytes: Uint8Array, { disk, options }: Writing): Promise<string | undefined> {
  const { encoding } = document;
  const old = await disk.read(document.uri.fsPath, { maxBytes: mostEditedBytes, signal: options.signal });
  if (!isSame(await vscode.workspace.encode(document.getText(), { encoding }), old.bytes)) return undefined;
  const text = await vscode.workspace.decode(bytes, { encoding });
  const end = document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
  const isKept = text.replaceAll(/\r\n|\r|\n/g, end) === text && isSame(await vscode.workspace.encode(text, { encoding }), bytes);
  return isKept ? text : undefined;
}

const mostEditedBytes = 100 * 1024 * 1024;

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A notebook or a custom editor keeps what is typed to itself, so that neither reading nor writing the file would be true. */
function refuseUnsavedEditor(path: string): void {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const isUnsaved = tabs.some(({ input, isDirty }) => {
    const isOther = input instanceof vscode.TabInputNotebook || input instanceof vscode.TabInputCustom;
    return isDirty && isOther && input.uri.scheme === "file" && input.uri.fsPath === path;
  });
  if (isUnsaved)
    throw new RuntimeError(
      "failed",
      `${path} has changes in an editor that are not saved. Nothing was done; ask the person to save it first.`,
    );
}
