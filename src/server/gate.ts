import type { IncomingMessage } from "node:http";
import { keyHeader, requestIdHeader } from "../protocol/agentServer/base.ts";
import { type Keys, WrongKeys } from "./keys.ts";

export interface GateOptions {
  readonly keys: Keys;
  /** What a request may name as its host: a name, or a name and a port. In lower case. */
  readonly hosts: readonly string[];
  /** Pages that may ask, exactly as browsers name them, such as `https://ide.example.org`. */
  readonly origins: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Undefined when the request may pass, and how it is answered when not. */
export type Gate = (request: IncomingMessage) => Answer | undefined;

/** The gate before every request: who may ask, for which host, from which page. Without it nothing of the body is read. */
export function gateOf({ keys, hosts, origins }: GateOptions): Gate {
  const wrongKeys = new WrongKeys();
  return (request) => {
    if (request.url?.startsWith("/") !== true) return { status: 403, body: { detail: "The path must begin with a slash." } };
    // Because the first one would be taken here, and the second perhaps by a proxy.
    if (request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length > 1)
      return { status: 400, body: { detail: "The request names two hosts." } };
    if (!isHost(request.headers.host, hosts)) return { status: 403, body: { detail: "This server is not called so. See --allow-host." } };
    const { origin } = request.headers;
    if (origin !== undefined && !origins.includes(origin))
      return { status: 403, body: { detail: "No page from there may ask this server. See --allow-origin." } };
    // A browser asks first, without the key.
    if (request.method === "OPTIONS" && origin !== undefined) return { status: 204, headers: { ...corsHeaders(origin), ...preflight } };
    if (!needsKey(request.url) || keys.has(keyOf(request))) return undefined;
    const waitSeconds = wrongKeys.count(request.socket.remoteAddress ?? "", performance.now());
    if (waitSeconds === 0) return { status: 401, body: { detail: "Unauthorized" } };
    return { status: 429, body: { detail: "Too many wrong keys." }, headers: { "retry-after": String(waitSeconds) } };
  };
}

/** For a page that is on the list; there is none for others. */
export function corsHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, vary: "Origin" };
}

const preflight = {
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers": `content-type, range, ${keyHeader}, ${requestIdHeader}`,
  "access-control-max-age": "600",
};

/** All but what tells that the server lives. The router knows no other spelling of `/api`, and ignores case nowhere. */
function needsKey(url: string): boolean {
  const [path = ""] = url.split(/[?#]/);
  return !["/", "/alive", "/health", "/ready", "/server_info"].includes(path.replace(/(.)\/$/, "$1"));
}

function keyOf(request: IncomingMessage): string | undefined {
  const value = request.headers[keyHeader];
  // Several are joined by Node, and then they are none.
  return typeof value === "string" ? value : undefined;
}

function isHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = host?.toLowerCase();
  if (name === undefined) return false;
  return allowed.includes(name) || allowed.includes(name.replace(/:\d+$/, ""));
}
