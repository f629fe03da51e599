import { addMcp, type McpOptions } from "../mcp/mcpRoutes.ts";
import type { Routes } from "../routes.ts";
import { addWorkspaceList } from "../workspaces/workspaceList.ts";
import { addWorkspaceSession } from "../workspaces/workspaceSession.ts";
import { addLeftOut } from "./leftOut.ts";
import { addQuiet } from "./quiet.ts";

export interface MiscOptions {
  /** Where the server keeps what its clients may change. */
  readonly dataFolder: string;
  readonly mcp: McpOptions;
}

/** The small families of §2.9, and what is left out. To be added last, because each family that has a path goes before. */
export function addMisc(routes: Routes, { dataFolder, mcp }: MiscOptions): void {
  addWorkspaceList(routes, dataFolder);
  addWorkspaceSession(routes);
  addQuiet(routes);
  addMcp(routes, mcp);
  addLeftOut(routes);
}
