import { Hono } from "hono";
import type { Log } from "../protocol/log.ts";
import type { BashCommands } from "../runtime/machine/bash/bashCommands.ts";
import type { PersonRuntime } from "../runtime/runtime.ts";
import { answerOnce } from "./answerOnce.ts";
import { addErrors } from "./answers.ts";
import { addBash } from "./bash.ts";
import { addDescription } from "./describe/addDescription.ts";
import { addFiles } from "./files.ts";
import { addGit } from "./git.ts";
import { Routes } from "./routes.ts";
import { runtimeApp } from "./runtimeApp.ts";
import { addServerInfo, type LateState, type ServerFacts } from "./serverInfo.ts";
import { addStatic } from "./staticFiles.ts";

export interface ServerParts {
  readonly runtime: PersonRuntime;
  /** The folder that has all of the workspace's. */
  readonly workspace: string;
  /** Opened when it is first needed; called for every request. */
  readonly openBash: () => Promise<BashCommands>;
  readonly facts: ServerFacts;
  readonly maxUploadBytes: number;
  readonly log: Log;
  /** The files of a web UI; undefined: there is none. */
  readonly staticFolder?: string | undefined;
  /** Further routes that are not there yet when the server begins to listen. */
  readonly late?: LateRoutes | undefined;
}

/** Routes that are loaded when the server listens already, or when one of them is first asked for. */
export interface LateRoutes {
  readonly state: LateState;
  /** Rejects when they cannot be had. */
  routes(): Promise<Routes>;
}

/** Requests with an effect that must not happen twice when an answer was lost. */
const effects = [
  "/api/runtime/terminal/run",
  "/api/runtime/files/write",
  "/api/runtime/files/remove",
  "/api/bash/start_bash_command",
  "/api/bash/execute_bash_command",
];

/** All that sandbox-server answers, the same behind a port and behind stdin and stdout. With and without a slash at the end of a path. */
export function serverApp(parts: ServerParts): Hono {
  const { runtime, workspace, openBash, facts, maxUploadBytes, log, staticFolder, late } = parts;
  const app = new Hono({ strict: false });
  const routes = new Routes(app);
  addErrors(app, log, late && (async (c) => (await late.routes()).app.fetch(c.req.raw, c.env)));
  if (staticFolder !== undefined) addStatic(routes, staticFolder);
  addServerInfo(routes, facts, () => late?.state ?? "ready");
  const once = answerOnce();
  for (const path of effects) app.use(path, once);
  addBash(routes, openBash);
  addFiles(routes, maxUploadBytes);
  addGit(routes);
  app.route("/", runtimeApp(runtime, workspace));
  addDescription(routes, async () => (await late?.routes())?.listed ?? []);
  return app;
}
