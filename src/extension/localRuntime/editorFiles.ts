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
    stat: async (path, signal) => statOf(dirtyDocument(path)) ?? disk.stat(path, signal),
    read: async (path, options) => contentOf(dirtyDocument(path), options.maxBytes) ?? disk.read(path, options),
    write: async (path, bytes, options) => {
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
  if (found === undefined) return disk.write(path, bytes, options);
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(document.positionAt(0), document.lineAt(document.lineCount - 1).rangeIncludingLineBreak.end);
  edit.replace(document.uri, all, new TextDecoder("utf-8").decode(bytes));
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new RuntimeError("failed", `The editor refused the edit of ${path}. Nothing was changed.`);
  if (!(await document.save())) throw new RuntimeError("failed", `${path} is changed in the editor, but could not be saved.`);
  const saved = await disk.stat(path, options.signal);
  if (saved === undefined) throw new RuntimeError("not-found", `${path} is gone after it was saved.`);
  return saved;
}
