/** How a client may show its key: `X-Session-API-Key`, `Authorization: Bearer`, or the cookie of a workspace session. */
export type Credential = "header" | "bearer" | "cookie";

export const cookieName = "oh_workspace_session_key";

const open = ["/", "/alive", "/health", "/ready", "/server_info", "/docs", "/redoc", "/openapi.json", "/static"];

/**
 * What opens a path (agent-server protocol §1.2); "none": everybody may ask. The path is as it was sent: the router knows no other spelling of what
 * is open, and ignores case nowhere. `:name` stands for a parameter.
 */
export function accessTo(path: string): readonly Credential[] | "none" {
  if (isRewritten(path)) return ["header"];
  if (open.includes(path.replace(/(.)\/$/, "$1")) || path.startsWith("/static/")) return "none";
  if (path.startsWith("/v1/")) return ["header", "bearer"];
  return isWorkspacePath(path) ? ["header", "cookie"] : ["header"];
}

/** The files of a conversation's workspace, which a page shows in a frame, where no header can be set. */
export function isWorkspacePath(path: string): boolean {
  return !isRewritten(path) && /^\/api\/conversations\/[^/]+\/workspace(?:\/|$)/.test(path);
}

/** Whether `..` or the like leads to another path than the one that it begins with. */
function isRewritten(path: string): boolean {
  return /\/(?:\.|%2e){1,2}(?:\/|$)|[\\\t\n\r]/i.test(path);
}
