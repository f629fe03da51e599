import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Hono } from "hono";
import type { Log } from "../protocol/log.ts";
import { messageOf } from "../protocol/thrown.ts";
import { Connections } from "./connections.ts";
import { type Answer, corsHeaders, exposedHeaders, type Gate } from "./gate.ts";
import { readJsonBody } from "./jsonBody.ts";
import { type Limits, tooManyHeaders } from "./limits.ts";
import { isLivenessProbe, livenessAnswer } from "./liveness.ts";
import { type Sockets, Upgrades } from "./upgrades.ts";

export interface ListenOptions {
  /** Or what gives it when the first request needs it: then the port itself says that it lives, before all is read that it can do. */
  readonly app: Hono | (() => Promise<Hono>);
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Made when the port is known, because a request names it. */
  readonly gate: (port: number) => Gate;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  /** Asked for when the first socket is; absent: there are none. */
  readonly sockets?: () => Promise<Sockets>;
}

/** Resolved once it takes requests. Disposing breaks off what is under way. */
export interface Listening extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

const standard: Limits = { headersMs: 10_000, requestMs: 60_000, headers: 100, connections: 256, stalledMs: 60_000 };
const mostHeaderBytes = 16 * 1024;

/** Serves `app` by HTTP/1.1 behind its gate. Rejects with Node's error when the address cannot be had. */
export async function listen({ app, host, port, gate, log, limits: given, sockets }: ListenOptions): Promise<Listening> {
  const limits = { ...standard, ...given };
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: mostHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
  });
  // One more, so that the excess is seen: what is above is left out without a word.
  server.maxHeadersCount = limits.headers + 1;
  const connections = new Connections(limits);
  server.on("connection", (socket) => connections.add(socket));
  server.on("clientError", refuseBroken);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = addressOf(server);
  const serving = { gate: gate(address.port), limits, connections, log };
  const serve = serverOf(app, serving);
  server.on("request", serve);
  // Before the body is asked for, so that who may not ask need not send it.
  server.on("checkContinue", serve);
  const upgrades = sockets && new Upgrades(sockets, serving);
  if (upgrades) server.on("upgrade", (request, socket, head) => upgrades.take(request, socket, head));
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await upgrades?.[Symbol.asyncDispose]();
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    connections.end();
    await closed;
  };
  return { host: address.address, port: address.port, [Symbol.asyncDispose]: () => (closing ??= close()) };
}

interface Serving {
  readonly gate: Gate;
  readonly limits: Limits;
  readonly connections: Connections;
  readonly log: Log;
}

function serverOf(app: ListenOptions["app"], { gate, limits, connections, log }: Serving) {
  const listener = lateListener(app);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    response.once("close", () => {
      const [path] = (request.url ?? "").split("?");
      log.debug("Request", { method: request.method, path, status: response.statusCode, ms: Math.round(performance.now() - start) });
    });
    const refused = tooManyHeaders(request, limits) ?? gate(request);
    if (refused !== undefined) return send(request, response, refused);
    connections.trust(request.socket);
    const { origin } = request.headers;
    const headers: Record<string, string> = origin === undefined ? {} : { ...corsHeaders(origin), ...exposedHeaders };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.headers.expect !== undefined) response.writeContinue();
    const unreadable = await readJsonBody(request);
    if (unreadable !== undefined) return send(request, response, unreadable);
    if (typeof app === "function" && isLivenessProbe(request)) return send(request, response, livenessAnswer);
    const answer = await listener().catch((error: unknown) => log.error("Nothing can be answered.", { error: messageOf(error) }));
    if (answer === undefined) return send(request, response, { status: 503, body: { detail: "Service Unavailable" } });
    return answer(request, response);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      log.debug("A request broke off.", { error: error instanceof Error ? error.name : "unknown" });
      request.socket.destroy();
    });
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function lateListener(app: ListenOptions["app"]): () => Promise<Listener> {
  const make = async (): Promise<Listener> => {
    const [{ getRequestListener }, { fetch }] = await Promise.all([import("@hono/node-server"), typeof app === "function" ? app() : app]);
    return getRequestListener(fetch, { overrideGlobalObjects: false });
  };
  let made: Promise<Listener> | undefined;
  return () => (made ??= make());
}

/** What is left of the body is not read: the connection ends, unless there is none. */
function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Answer): void {
  const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  response.writeHead(status, {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(hasBody && !request.complete ? { connection: "close" } : {}),
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** What is no HTTP, came too slowly, or could mean two things. */
function refuseBroken(error: NodeJS.ErrnoException, socket: NodeJS.WritableStream & { destroy(): void; readonly writable: boolean }): void {
  if (!socket.writable || error.code === "ECONNRESET") return socket.destroy();
  const [status, reason] = brokenStatus(error.code);
  const body = JSON.stringify({ detail: reason });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function brokenStatus(code: string | undefined): readonly [number, string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "Request Header Fields Too Large"];
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? [408, "Request Timeout"] : [400, "Bad Request"];
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens at no port.");
  return address;
}
