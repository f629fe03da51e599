import type * as vscode from "vscode";
import { MachineFiles } from "../../runtime/machine/machineFiles.ts";
import type { Files } from "../../runtime/runtime.ts";
import { workspaceFolders } from "../workspaceFolders.ts";
import { editorFiles } from "./editorFiles.ts";
import { diskPlace, type Place, virtualPlace } from "./place.ts";
import { WorkspaceFiles } from "./workspaceFiles.ts";

/** The files of this window as an agent sees and writes them, for what is done with its edits afterwards. */
export function windowFiles(): Files {
  const place = windowPlace();
  return editorFiles(place === diskPlace ? new MachineFiles() : new WorkspaceFiles(place), { place });
}

/** The path that the agent's tools know a document by; undefined when they cannot reach it. */
export function pathOf(uri: vscode.Uri): string | undefined {
  return windowPlace().pathOf(uri);
}

/** The resource that an agent of this window means by `path`. */
export function uriOf(path: string): vscode.Uri {
  return windowPlace().uriOf(path);
}

/** Where the paths of this window's agents lie. */
export function windowPlace(): Place {
  const { virtualRoot } = workspaceFolders();
  return virtualRoot === undefined ? diskPlace : virtualPlace(virtualRoot);
}
