import * as vscode from "vscode";
import { type Files, RuntimeError } from "../../runtime/runtime.ts";
import type { Place } from "./place.ts";

/**
 * The document that stands for the file at `path`: the one with unsaved changes, under whatever name it was opened, or the one of that name.
 */
export async function documentAt(
  path: string,
  { place, disk, signal }: { readonly place: Place; readonly disk: Pick<Files, "realPath">; readonly signal: AbortSignal },
): Promise<vscode.TextDocument | undefined> {
  const open = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => !isClosed && place.pathOf(uri) !== undefined);
  const named = open.find(({ uri }) => place.pathOf(uri) === path);
  const dirty = open.filter(({ isDirty }) => isDirty);
  if (named?.isDirty === true || dirty.length === 0) return named;
  const realPath = (one: string): Promise<string | undefined> => disk.realPath(one, signal).catch(noPath);
  const real = await realPath(path);
  for (const document of dirty) {
    if (real !== undefined && (await realPath(place.pathOf(document.uri) ?? "")) === real) return document;
  }
  return named;
}

/** What is not there is not the same as anything. */
function noPath(error: unknown): undefined {
  if (!(error instanceof RuntimeError) || error.code === "closed") throw error;
}

/** Whether a person has it before them, or behind another tab. */
export function isInTab(uri: vscode.Uri): boolean {
  const wanted = uri.toString();
  return tabs().some(({ input }) => {
    if (input instanceof vscode.TabInputText) return input.uri.toString() === wanted;
    return input instanceof vscode.TabInputTextDiff && input.modified.toString() === wanted;
  });
}

/**
 * Throws where an editor keeps changes to itself, so that neither reading nor writing the file would be true: a notebook, a custom editor, or
 * a new file that has this name and is not saved yet.
 */
export function refuseOtherEditors(path: string, place: Place): void {
  const isIt = (uri: vscode.Uri): boolean => place.pathOf(uri) === path;
  const isTyped = vscode.workspace.notebookDocuments.some(({ uri, isDirty, isUntitled }) => isDirty && !isUntitled && isIt(uri));
  const isEdited = tabs().some(({ input, isDirty }) => isDirty && input instanceof vscode.TabInputCustom && isIt(input.uri));
  if (isTyped || isEdited)
    throw new RuntimeError(
      "failed",
      `${path} has changes in an editor that are not saved. Nothing was done; ask the person to save it first.`,
    );
  const isNew = vscode.workspace.textDocuments.some(
    ({ uri, isUntitled, isDirty }) => isUntitled && isDirty && uri.path === place.uriOf(path).path,
  );
  if (isNew)
    throw new RuntimeError(
      "failed",
      `The person has a new file ${path} in the editor that was never saved. Nothing was done; ask the person to save it first.`,
    );
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => [...group.tabs]);
}
