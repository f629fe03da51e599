import * as vscode from "vscode";
import { mapFolders, ownFolders, sandboxRoot, toHostPath } from "../../protocol/sandbox.ts";
import { shownName } from "../../protocol/shownName.ts";
import { uriOf } from "../localRuntime/windowFiles.ts";
import type { ShownChange } from "./changeList.ts";
import { nameOf } from "./changeWords.ts";
import { sandboxUri } from "./sandboxTexts.ts";
import type { Sandboxed } from "./shownSandbox.ts";

/** The person's own file for a path of a change, whether there is one or not. */
export function ownUri({ state }: Sandboxed, path: string): vscode.Uri {
  const own = toHostPath(`${sandboxRoot}/${path}`, mapFolders(ownFolders(state)));
  if (own === undefined) throw new Error(`${shownName(path)} is in no folder of the workspace.`);
  return uriOf(own);
}

/** The person's file now against what applying would make of it; a conflict in the merge editor. */
export async function openChange(shown: ShownChange): Promise<void> {
  const { change } = shown;
  if (change.isBinary) {
    const how = change.kind === "deleted" ? "" : " Applying takes it as it is in the sandbox.";
    return void vscode.window.showInformationMessage(`${nameOf(change.path)} is not text, or too large, so there is no diff.${how}`);
  }
  const [, left, right] = await sidesOf(shown);
  const title = `${nameOf(change.path)} (${change.standing === "conflicts" ? "yours ↔ sandbox" : "sandbox"})`;
  await vscode.commands.executeCommand("vscode.diff", left ?? emptyUri(shown), right ?? emptyUri(shown), title, { preview: true });
}

/** All of them in one editor; those that are not text are left out. */
export async function openChanges(all: readonly ShownChange[]): Promise<void> {
  const texts = all.filter(({ change }) => !change.isBinary);
  if (texts.length === 0) throw new Error("The sandbox has changed no text, so there is nothing to show.");
  await vscode.commands.executeCommand("vscode.changes", "Changes in the Sandbox", await Promise.all(texts.map(sidesOf)));
}

/** Both versions and the copy that they came from, side by side; nothing is written before the person saves. */
export async function openMergeEditor(shown: ShownChange): Promise<void> {
  const output = ownUri(shown.sandbox, shown.change.path);
  await vscode.commands.executeCommand("_open.mergeEditor", {
    base: sideUri(shown, "base"),
    input1: { uri: sideUri(shown, "host"), title: "Yours", description: "your file" },
    input2: { uri: sideUri(shown, "sandbox"), title: "Sandbox", description: "the agent's" },
    output,
  });
}

type Sides = readonly [resource: vscode.Uri, left: vscode.Uri | undefined, right: vscode.Uri | undefined];

async function sidesOf(shown: ShownChange): Promise<Sides> {
  const { path, kind, from, standing } = shown.change;
  const own = ownUri(shown.sandbox, path);
  const before = from === undefined ? own : ownUri(shown.sandbox, from);
  const right = standing === "conflicts" || standing === "refused" ? "sandbox" : "result";
  return [own, (await isThere(before)) ? before : undefined, kind === "deleted" ? undefined : sideUri(shown, right)];
}

/** A file of the change on one side. */
export function sideUri({ sandbox, change }: ShownChange, side: "base" | "sandbox" | "host" | "result"): vscode.Uri {
  return sandboxUri({ conversation: sandbox.id, path: change.path, side }, ownUri(sandbox, change.path));
}

/** A document without a word, by the name of the file. */
const emptyUri = (shown: ShownChange): vscode.Uri => sideUri(shown, shown.change.kind === "deleted" ? "sandbox" : "host");

async function isThere(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
