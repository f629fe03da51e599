import { Hono } from "hono";
import { CommandRequest, GlobRequest, GrepRequest } from "../protocol/runtime.ts";
import { machineWorkspace } from "../runtime/machine/machineWorkspace.ts";
import { type PersonRuntime, type Runtime, RuntimeError } from "../runtime/runtime.ts";
import { body, statusOf, toFault } from "./bodies.ts";
import { addFiles } from "./filesRoutes.ts";
import { addShells } from "./shellRoutes.ts";
import { addTerminal } from "./terminalRoutes.ts";
import { addWorkspace } from "./workspaceRoutes.ts";

/** `/api/runtime/*` over `runtime`; `workspace` is the folder that has all of the workspace's. The same app behind a port and behind stdin and stdout. */
export function runtimeApp(runtime: PersonRuntime, workspace: string): Hono {
  const app = new Hono();
  app.get("/api/runtime/info", (c) => c.json(runtime.info));
  addTerminal(app, runtime);
  addShells(app, runtime);
  addFiles(app, runtime);
  addSearch(app, runtime);
  addCommands(app, runtime);
  addWorkspace(app, machineWorkspace(workspace));
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error, c) => c.json(toFault(error), statusOf(error)));
  return app;
}

function addCommands(app: Hono, { commands }: Runtime): void {
  app.post("/api/runtime/command", async (c) => {
    if (commands === undefined) throw new RuntimeError("no-shell", "No command can run here.");
    return c.json(await commands.run(await body(c, CommandRequest), c.req.raw.signal));
  });
}

function addSearch(app: Hono, { search }: Runtime): void {
  app.post("/api/runtime/search/glob", async (c) => c.json(await search.glob(await body(c, GlobRequest), c.req.raw.signal)));
  app.post("/api/runtime/search/grep", async (c) => c.json(await search.grep(await body(c, GrepRequest), c.req.raw.signal)));
}
