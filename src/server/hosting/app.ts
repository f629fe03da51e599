import { Hono } from "hono";
import { addErrors } from "../answers.ts";
import { addEvents } from "../events/eventRoutes.ts";
import { Routes } from "../routes.ts";
import { addTrajectories } from "../trajectory/trajectoryRoutes.ts";
import { addWorkspaceFiles, localFolderOf } from "../workspaces/workspaceFiles.ts";
import { addConversations } from "./conversationRoutes.ts";
import { addGoals } from "./goalRoutes.ts";
import type { Hosting } from "./hosting.ts";
import { addRuns } from "./runRoutes.ts";
import { addSettingOf } from "./settingRoutes.ts";
import { addTools } from "./toolRoutes.ts";
import { addTree } from "./treeRoutes.ts";

/** All routes that are about conversations and what is kept for them; each family adds its own here. */
export function hostingRoutes(hosting: Hosting): Routes {
  const app = new Hono({ strict: false });
  addErrors(app, hosting.options.log);
  const routes = new Routes(app);
  addConversations(routes, hosting);
  addRuns(routes, hosting);
  addSettingOf(routes, hosting);
  addTree(routes, hosting);
  addGoals(routes, hosting);
  addTools(routes);
  addTrajectories(routes, hosting);
  addEvents(routes, hosting);
  addWorkspaceFiles(routes, async (id) => localFolderOf((await hosting.look(id)).state));
  return routes;
}
