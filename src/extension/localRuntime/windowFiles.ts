import { MachineFiles } from "../../runtime/machine/machineFiles.ts";
import type { Files } from "../../runtime/runtime.ts";
import { workspaceFolders } from "../workspaceFolders.ts";
import { editorFiles } from "./editorFiles.ts";
import { diskPlace, virtualPlace } from "./place.ts";
import { WorkspaceFiles } from "./workspaceFiles.ts";

/** The files of this window as an agent sees and writes them, for what is done with its edits afterwards. */
export function windowFiles(): Files {
  const { virtualRoot } = workspaceFolders();
  if (virtualRoot === undefined) return editorFiles(new MachineFiles(), { place: diskPlace });
  const place = virtualPlace(virtualRoot);
  return editorFiles(new WorkspaceFiles(place), { place });
}
