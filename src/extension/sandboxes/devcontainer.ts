import * as vscode from "vscode";
import { devcontainerImage } from "./imageName.ts";

const places = [".devcontainer/devcontainer.json", ".devcontainer.json"];
const mostBytes = 256 * 1024;

/** An image that the workspace suggests, and the file that says so. */
export interface SuggestedImage {
  readonly image: string;
  readonly from: string;
}

/** What the folders' devcontainer.json files name. Only a person who chooses one makes it count. */
export async function suggestedImages(folders: readonly string[]): Promise<SuggestedImage[]> {
  const files = folders.flatMap((folder) => places.map((from) => ({ uri: vscode.Uri.joinPath(vscode.Uri.file(folder), from), from })));
  const found = await Promise.all(files.map(async ({ uri, from }) => ({ image: devcontainerImage(await textOf(uri)), from })));
  return found.flatMap(({ image, from }) => (image === undefined ? [] : { image, from }));
}

async function textOf(uri: vscode.Uri): Promise<string> {
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > mostBytes) return "";
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    // It is not there, or may not be read: it suggests nothing.
    return "";
  }
}
