import type { Routes } from "../routes.ts";
import type { JsonFile } from "../storage/jsonFile.ts";
import { addWorkspaceList } from "../workspaces/workspaceList.ts";
import { addWorkspaceSession } from "../workspaces/workspaceSession.ts";
import { addLeftOut } from "./leftOut.ts";
import { addQuiet } from "./quiet.ts";

export interface MiscOptions {
  /** Where the folders that a person may choose from are kept. */
  readonly workspaces: JsonFile;
}

/** The small families of §2.9, and what is left out. To be added last, because each family that has a path goes before. */
export function addMisc(routes: Routes, { workspaces }: MiscOptions): void {
  addWorkspaceList(routes, workspaces);
  addWorkspaceSession(routes);
  addQuiet(routes);
  addLeftOut(routes);
}
