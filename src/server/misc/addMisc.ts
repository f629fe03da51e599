import type { Routes } from "../routes.ts";
import { addWorkspaceList } from "../workspaces/workspaceList.ts";
import { addWorkspaceSession } from "../workspaces/workspaceSession.ts";
import { addLeftOut } from "./leftOut.ts";
import { addQuiet } from "./quiet.ts";

export interface MiscOptions {
  /** Where the server keeps what its clients may change. */
  readonly dataFolder: string;
}

/** The small families of §2.9, and what is left out. To be added last, because each family that has a path goes before. */
export function addMisc(routes: Routes, { dataFolder }: MiscOptions): void {
  addWorkspaceList(routes, dataFolder);
  addWorkspaceSession(routes);
  addQuiet(routes);
  addLeftOut(routes);
}
