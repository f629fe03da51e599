import type { IncomingMessage } from "node:http";
import { keyHeader, requestIdHeader } from "../protocol/agentServer/headers.ts";
import { accessTo, type Credential, cookieName, isWorkspacePath } from "./access.ts";
import { type Keys, WrongKeys } from "./keys.ts";

export interface GateOptions {
  readonly keys: Keys;
  /** What a request may name as its host: a name, or a name and a port. In lower case. */
  readonly hosts: readonly string[];
  /** Pages that may ask, exactly as browsers name them, such as `https://ide.example.org`. */
  readonly origins: readonly string[];
  /** Further pages: the whole origin must match. */
  readonly originPattern?: RegExp | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Undefined when the request may pass, and how it is answered when not. */
export type Gate = (request: IncomingMessage) => Answer | undefined;

/** The gate before every request: who may ask, for which host, from which page. Without it nothing of the body is read. */
export function gateOf(options: GateOptions): Gate {
  const wrongKeys = new WrongKeys();
  return (request) => {
    const stranger = strangerAnswer(request, options);
    if (stranger !== undefined) return stranger;
    const { origin } = request.headers;
    // A browser asks first, without the key.
    if (request.method === "OPTIONS" && origin !== undefined) return { status: 204, headers: preflightHeaders(request, origin) };
    const [path = ""] = (request.url ?? "").split(/[?#]/);
    if (/^\/sockets(?:\/|$)/.test(path))
      return mayConnect(request, options.keys) ? undefined : { status: 403, body: { detail: "Forbidden" } };
    const access = accessTo(path);
    if (access === "none" || options.keys.has(keyOf(request, access))) return undefined;
    // So that a page that may ask can read why it gets nothing.
    const headers = origin === undefined ? {} : corsHeaders(origin);
    const waitSeconds = wrongKeys.count(request.socket.remoteAddress ?? "", performance.now());
    if (waitSeconds === 0) return { status: 401, body: { detail: "Unauthorized" }, headers };
    return { status: 429, body: { detail: "Too many wrong keys." }, headers: { ...headers, "retry-after": String(waitSeconds) } };
  };
}

/** For who calls the server by a name that is not its own, or is a page that may not ask. */
function strangerAnswer(request: IncomingMessage, { hosts, origins, originPattern }: GateOptions): Answer | undefined {
  if (request.url?.startsWith("/") !== true) return { status: 403, body: { detail: "The path must begin with a slash." } };
  // Because the first one would be taken here, and the second perhaps by a proxy.
  if (request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length > 1)
    return { status: 400, body: { detail: "The request names two hosts." } };
  const { host, origin } = request.headers;
  if (!isHost(host, hosts)) return { status: 403, body: { detail: "This server is not called so. See --allow-host." } };
  if (origin === undefined) return isFromElsewhere(request) ? { status: 403, body: { detail: pageRefusal } } : undefined;
  const isOwn = origin === `http://${host}` || origin === `https://${host}`;
  const isListed = origins.includes(origin) || (originPattern !== undefined && originPattern.exec(origin)?.[0] === origin);
  return isOwn || isListed ? undefined : { status: 403, body: { detail: pageRefusal } };
}

const pageRefusal = "No page from there may ask this server. See --allow-origin.";

/**
 * Whether a page elsewhere loads it as a picture, a script or the like, for which browsers name no origin. Pages may link to what is open, and show
 * files of a workspace in a frame.
 */
function isFromElsewhere({ headers, url }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== "cross-site" && site !== "same-site") return false;
  const [path = ""] = (url ?? "").split(/[?#]/);
  return !isWorkspacePath(path) && !(headers["sec-fetch-mode"] === "navigate" && accessTo(path) === "none");
}

/** For a page that may ask; there is none for others. */
export function corsHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "Origin" };
}

/** What answers have beside: it is read by pages that may ask. */
export const exposedHeaders = { "access-control-expose-headers": "content-disposition, content-range, retry-after" };

const allowedHeaders = `content-type, range, authorization, ${keyHeader}, ${requestIdHeader}, x-expose-secrets`;

function preflightHeaders({ headers }: IncomingMessage, origin: string): Record<string, string> {
  const isPrivate = headers["access-control-request-private-network"] === "true";
  return {
    ...corsHeaders(origin),
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    // A page that may ask may send whatever it likes.
    "access-control-allow-headers": headers["access-control-request-headers"] ?? allowedHeaders,
    "access-control-max-age": "600",
    ...(isPrivate ? { "access-control-allow-private-network": "true" } : {}),
  };
}

/**
 * The key by which a socket was asked for, in its query or header; undefined: it shall come in the first frame (agent-server protocol §1.3).
 * Whoever serves the socket asks `keys` again when they change.
 */
export function socketKeyOf({ url, headers }: IncomingMessage): string | undefined {
  const query = new URLSearchParams(url?.split("?")[1]?.split("#")[0]);
  return query.get("session_api_key") ?? headerOf(headers[keyHeader]);
}

function mayConnect(request: IncomingMessage, keys: Keys): boolean {
  const key = socketKeyOf(request);
  return key === undefined || keys.has(key);
}

function keyOf({ method, headers }: IncomingMessage, access: readonly Credential[]): string | undefined {
  const key = headerOf(headers[keyHeader]);
  if (key !== undefined) return key;
  if (access.includes("bearer")) return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  return access.includes("cookie") && (method === "GET" || method === "HEAD") ? cookieOf(headers.cookie ?? "") : undefined;
}

/** Several are joined by Node, and then they are none. */
function headerOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function cookieOf(cookies: string): string | undefined {
  for (const cookie of cookies.split(";")) {
    const [name = "", value = ""] = cookie.trim().split(/=(.*)/s);
    if (name === cookieName) return decoded(value);
  }
  return undefined;
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function isHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = host?.toLowerCase();
  if (name === undefined) return false;
  return allowed.includes(name) || allowed.includes(name.replace(/:\d+$/, ""));
}
