import * as vscode from "vscode";
import { uriOf } from "../localRuntime/windowFiles.ts";

/** VS Code asks the person before it opens an address that is not trusted. */
export async function openLink(url: string): Promise<void> {
  const uri = vscode.Uri.parse(url, true);
  if (uri.scheme !== "http" && uri.scheme !== "https") throw new Error("Only http and https links are opened.");
  await vscode.env.openExternal(uri);
}

/** Shows the file in an editor, or the folder in the Explorer; the person has clicked, so it may have the keyboard. */
export async function openFile({ path, line }: { readonly path: string; readonly line?: number | undefined }): Promise<void> {
  const uri = uriOf(path);
  const found = await statOrUndefined(uri);
  if (found === undefined) throw new Error(`There is nothing at ${path} any more.`);
  if (found.type & vscode.FileType.Directory) return void (await vscode.commands.executeCommand("revealInExplorer", uri));
  const at = line === undefined ? undefined : new vscode.Position(line - 1, 0);
  // Not as a text, because the person may have another editor for such files.
  await vscode.commands.executeCommand("vscode.open", uri, { preview: true, ...(at ? { selection: new vscode.Range(at, at) } : {}) });
}

async function statOrUndefined(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    // Because whatever keeps it from being looked at keeps it from being shown.
    return undefined;
  }
}
