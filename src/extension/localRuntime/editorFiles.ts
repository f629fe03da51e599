import type * as vscode from "vscode";
import type { WrittenFile } from "../../protocol/runtime.ts";
import { type FileContent, type Files, RuntimeError } from "../../runtime/runtime.ts";
import { editShown, editUnsaved, isUnsaved, versionOf, type Writing } from "./documentEdit.ts";
import { documentAt, isInTab, refuseOtherEditors } from "./editors.ts";
import type { Place } from "./place.ts";
import type { Problems } from "./problems.ts";

export interface EditorFilesOptions {
  readonly place: Place;
  /** Looks for what an edit breaks; without it nothing is told of that. */
  readonly problems?: Problems;
  /** Told of each file that was written. */
  readonly onWritten?: (uri: vscode.Uri) => void;
}

/**
 * The files of `disk`, except where the editor knows better: what is typed but not saved is what the agent reads, and stays the person's to
 * save; a file in a tab is edited in the editor, so that the person sees it and can undo it. What the editor makes of it is told.
 */
export function editorFiles(disk: Files, { place, problems, onWritten }: EditorFilesOptions): Files {
  const at = (path: string, signal: AbortSignal): Promise<vscode.TextDocument | undefined> => documentAt(path, { place, disk, signal });
  const dirtyAt = async (path: string, signal: AbortSignal): Promise<vscode.TextDocument | undefined> => {
    const document = await at(path, signal);
    return document !== undefined && (await isUnsaved(document, { path, disk, signal })) ? document : undefined;
  };
  const inTurn = turns();
  return {
    list: (path, signal) => disk.list(path, signal),
    realPath: (path, signal) => disk.realPath(path, signal),
    stat: async (path, signal) => {
      const onDisk = await disk.stat(path, signal);
      const document = await dirtyAt(path, signal);
      return document === undefined
        ? onDisk
        : { kind: "file", sizeBytes: Buffer.byteLength(document.getText()), version: versionOf(document) };
    },
    remove: async (path, signal) => {
      refuseOtherEditors(path, place);
      if (await dirtyAt(path, signal))
        throw new RuntimeError("failed", `${path} has unsaved changes in the editor. It was not removed; ask the person to save it first.`);
      await disk.remove(path, signal);
    },
    read: async (path, options) => {
      refuseOtherEditors(path, place);
      const document = await dirtyAt(path, options.signal);
      if (document !== undefined) return contentOf(document, path, options.maxBytes);
      const content = await disk.read(path, options);
      problems?.lookAt(path, content.bytes.length);
      return content;
    },
    write: async (path, bytes, options) => {
      refuseOtherEditors(path, place);
      const found = await disk.stat(path, options.signal);
      // An editor that is to show a pipe may wait for ever.
      const isText = found === undefined || found.kind === "file";
      const before = isText ? await problems?.before(path, Math.max(bytes.length, found?.sizeBytes ?? 0), options.signal) : undefined;
      const written = await inTurn(path, async () => write(await at(path, options.signal), bytes, { path, disk, options }));
      onWritten?.(place.uriOf(path));
      const notes = [...(written.notes ?? []), ...(before && problems ? await problems.after(before, options.signal) : [])];
      return notes.length === 0 ? written : { ...written, notes };
    },
  };
}

async function write(document: vscode.TextDocument | undefined, bytes: Uint8Array, writing: Writing): Promise<WrittenFile> {
  const { path, disk, options } = writing;
  if (document !== undefined && (await isUnsaved(document, { path, disk, signal: options.signal })))
    return editUnsaved(document, bytes, writing);
  const shown = document !== undefined && isInTab(document.uri) ? await editShown(document, bytes, writing) : undefined;
  // An editor without unsaved changes takes over what is on the disk.
  return shown ?? disk.write(path, bytes, options);
}

/** Does what is asked for one path one after the other, because an editor is looked at first and edited then. */
function turns(): <T>(path: string, action: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (path, action) => {
    const turn = (last.get(path) ?? Promise.resolve()).then(action, action);
    last.set(path, turn);
    try {
      return await turn;
    } finally {
      if (last.get(path) === turn) last.delete(path);
    }
  };
}

function contentOf(document: vscode.TextDocument, path: string, maxBytes: number): FileContent {
  const bytes = Buffer.from(document.getText());
  if (bytes.length > maxBytes) throw new RuntimeError("too-large", `${path} has ${bytes.length} bytes; at most ${maxBytes} can be read.`);
  return { bytes, version: versionOf(document) };
}
