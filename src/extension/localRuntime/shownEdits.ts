import * as vscode from "vscode";
import { readSettings } from "../settings.ts";

/** Opens a file that was written behind the tab in front, where the person wants to see edits so. Nothing waits for it. */
export function writtenIn(uri: vscode.Uri): void {
  if (readSettings().showEdits !== "tab") return;
  // `background` is what the explorer's own "open to the side" uses; one that does not know it opens the tab in front.
  void vscode.commands.executeCommand("vscode.open", uri, { background: true, preserveFocus: true, preview: false });
}
