import * as z from "zod";
import { protocolVersion, ServerInfo } from "../protocol/agentServer/base.ts";
import { livenessAnswer } from "./liveness.ts";
import type { Routes } from "./routes.ts";

/** Of the routes that are loaded when the server listens already. */
export type LateState = "opening" | "ready" | "failed";

const notReady = {
  opening: "The server is starting.",
  failed: "The server cannot serve conversations. Its log says why.",
} as const;

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
export function addServerInfo(routes: Routes, facts: ServerFacts, state: () => LateState = () => "ready"): void {
  const start = performance.now();
  let lastUse = start;
  routes.app.use("/api/*", async (_c, next) => {
    lastUse = performance.now();
    await next();
    lastUse = performance.now();
  });
  const info = (): ServerInfo => {
    const now = performance.now();
    return infoOf(facts, { uptime: Math.floor((now - start) / 1000), idle_time: Math.floor((now - lastUse) / 1000) });
  };
  const tag = "Server";
  const Status = z.object({ status: z.string() });
  const lives = () => livenessAnswer.body;
  routes.add(["get", "/alive"], { summary: "Whether the server lives", tag, answer: Status }, lives);
  routes.add(["get", "/health"], { summary: "Whether the server lives, for who started it", tag, answer: Status }, lives);
  // Requests that come before wait for it.
  routes.add(["get", "/ready"], { summary: "Whether all of the server is there", tag, answer: Status }, ({ c }) => {
    const now = state();
    return now === "ready" ? { status: "ready" } : c.json({ status: "initializing", message: notReady[now] }, 503);
  });
  routes.add(["get", "/server_info"], { summary: "What the server is", tag, answer: ServerInfo }, info);
  routes.add(["get", "/"], { summary: "What the server is", tag, answer: ServerInfo }, info);
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
    usable_tools: [...facts.usableTools],
    runtime_idle_timeout_seconds: idle ?? null,
    max_foreground_terminal_timeout_seconds: idle === undefined ? null : idle * foregroundShare,
    capabilities: [],
    docs: "/docs",
    redoc: "/redoc",
  };
}
