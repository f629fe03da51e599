import type { Context } from "hono";
import { keyHeader } from "../../protocol/agentServer/headers.ts";
import { cookieName } from "../access.ts";
import type { Routes } from "../routes.ts";

const tag = "Workspaces";
const path = "/api/auth/workspace-session";
const tenYears = 315_360_000;

/** `/api/auth/workspace-session`: the key as a cookie, which opens files of workspaces and nothing else (agent-server protocol §2.9). */
export function addWorkspaceSession(routes: Routes): void {
  routes.add(["post", path], { summary: "Let this browser show files of workspaces", tag, status: 204 }, ({ c }) =>
    withCookie(c, c.req.header(keyHeader) ?? "", tenYears),
  );
  routes.add(["delete", path], { summary: "Let it show them no more", tag, status: 204 }, ({ c }) => withCookie(c, "", 0));
}

/** `SameSite=none`, because the page that shows a file in a frame may be of another site; browsers keep it only where it is `Secure`. */
function withCookie(c: Context, key: string, maxAge: number): Response {
  const value = key.replaceAll(/[",;\\%]/g, (mark) => encodeURIComponent(mark));
  const cookie = `${cookieName}=${value}; HttpOnly; SameSite=none; Path=/api/conversations; Max-Age=${maxAge}`;
  return c.body(null, 204, { "set-cookie": isSecure(c) ? `${cookie}; Secure; Partitioned` : cookie });
}

/** By TLS that a proxy has taken off, or on this machine. */
function isSecure(c: Context): boolean {
  const [proto = ""] = (c.req.header("x-forwarded-proto") ?? "").split(",");
  const { protocol, hostname } = new URL(c.req.url);
  return proto.trim().toLowerCase() === "https" || protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
