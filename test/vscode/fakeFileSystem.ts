// An extension with files that are on no disk: a folder `/work` with one file, at `openhands-test://somewhere`.
import * as vscode from "vscode";
import { MemoryFileSystem } from "./memoryFileSystem.ts";

export function activate(context: vscode.ExtensionContext): void {
  const files = new MemoryFileSystem({ "/work/note.txt": "one\n" });
  files.createDirectory(vscode.Uri.from({ scheme: "openhands-test", path: "/work" }));
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider("openhands-test", files));
}
