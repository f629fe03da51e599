import type { Hono } from "hono";
import { protocolVersion, type ServerInfo } from "../protocol/agentServer/base.ts";

/** What the program tells of itself. */
export interface ServerFacts {
  /** Commit and name of the build; "unknown" where nobody has said. */
  readonly buildSha: string;
  readonly buildRef: string;
  /** Name and version of what runs us, such as "Node 24.21.0". */
  readonly platform: string;
  readonly usableTools: readonly string[];
  /** After this time without requests somebody else may end the server; undefined: nobody does. */
  readonly idleTimeoutSeconds: number | undefined;
}

/** `/alive`, `/health`, `/ready`, `/server_info` and `/`: for everybody, because they say nothing of the workspace. */
export function addServerInfo(app: Hono, facts: ServerFacts): void {
  const start = performance.now();
  let lastUse = start;
  app.use("/api/*", async (_c, next) => {
    lastUse = performance.now();
    await next();
    lastUse = performance.now();
  });
  const info = (): ServerInfo => {
    const now = performance.now();
    return infoOf(facts, { uptime: Math.floor((now - start) / 1000), idle_time: Math.floor((now - lastUse) / 1000) });
  };
  app.get("/alive", (c) => c.json({ status: "ok" }));
  app.get("/health", (c) => c.json({ status: "ok" }));
  // Nobody can ask before all is ready.
  app.get("/ready", (c) => c.json({ status: "ready" }));
  app.get("/server_info", (c) => c.json(info()));
  app.get("/", (c) => c.json(info()));
}

/** The protocol's own: a command in the foreground ends before an idle server does. */
const foregroundShare = 0.9;

function infoOf(facts: ServerFacts, times: Pick<ServerInfo, "uptime" | "idle_time">): ServerInfo {
  const idle = facts.idleTimeoutSeconds;
  return {
    ...times,
    title: "OpenHands Agent Server",
    version: protocolVersion,
    sdk_version: protocolVersion,
    tools_version: protocolVersion,
    workspace_version: protocolVersion,
    build_git_sha: facts.buildSha,
    build_git_ref: facts.buildRef,
    python_version: `none (${facts.platform})`,
    usable_tools: facts.usableTools,
    runtime_idle_timeout_seconds: idle ?? null,
    max_foreground_terminal_timeout_seconds: idle === undefined ? null : idle * foregroundShare,
    capabilities: [],
    docs: "/docs",
    redoc: "/redoc",
  };
}
