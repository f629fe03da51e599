import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { codeOf } from "../protocol/thrown.ts";

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface PostOptions extends GetOptions {
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HeaderReader;
  /** Not compressed any more. Whoever does not read it to its end destroys it. */
  readonly body: Readable;
}

/** A header's value by its name, in any case; null when it is not there. */
export interface HeaderReader {
  get(name: string): string | null;
}

const mostHops = 5;

/**
 * The answer to one POST, as soon as its headers are there. By node:http, because the same by fetch costs an agent's step a third more time
 * and processor, and because editors patch it for proxies and certificates.
 *
 * A redirection is followed with the same body as long as it stays on the host, so that the key goes nowhere else. Rejects with the system's
 * error when there is no connection, and with the signal's reason when aborted; aborting later destroys the body.
 */
export async function httpPost(url: URL, options: PostOptions): Promise<HttpAnswer> {
  return follow(url, options);
}

/** The same for a GET. */
export async function httpGet(url: URL, options: GetOptions): Promise<HttpAnswer> {
  return follow(url, { ...options, body: undefined });
}

interface SendOptions extends GetOptions {
  /** Absent: a GET. */
  readonly body: string | undefined;
}

async function follow(url: URL, options: SendOptions): Promise<HttpAnswer> {
  let at = url;
  for (let hop = 0; ; hop++) {
    const message = await send(at, options);
    const next = redirection(message, at);
    if (next === undefined || hop === mostHops) return toAnswer(message);
    message.resume();
    at = next;
  }
}

function redirection({ statusCode = 0, headers: { location } }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const to = URL.parse(location, from.href);
  const isSafe = to?.hostname === from.hostname && (to.protocol === from.protocol || to.protocol === "https:");
  return isSafe ? to : undefined;
}

async function send(url: URL, options: SendOptions): Promise<IncomingMessage> {
  try {
    return await sendOnce(url, options);
  } catch (error) {
    options.signal.throwIfAborted();
    // Because a kept connection may be closed by the server in the moment in which we use it: that says nothing of the request.
    if (error instanceof StaleConnection) return await sendOnce(url, options).catch(unwrapped);
    throw error;
  }
}

class StaleConnection extends Error {}

function unwrapped(error: unknown): never {
  throw error instanceof StaleConnection ? error.cause : error;
}

async function sendOnce(url: URL, { headers, body, signal }: SendOptions): Promise<IncomingMessage> {
  // Loaded when it is needed, because a start is short and TLS is large.
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const method = body === undefined ? "GET" : "POST";
  const sent = request(url, { method, headers: { ...headers, ...length }, signal }, resolve);
  sent.on("error", (error) => reject(sent.reusedSocket && isReset(error) ? new StaleConnection("", { cause: error }) : error));
  sent.end(body);
  return promise;
}

function isReset(error: Error): boolean {
  return codeOf(error) === "ECONNRESET" || codeOf(error) === "EPIPE";
}

async function toAnswer(message: IncomingMessage): Promise<HttpAnswer> {
  const { headers, statusCode = 0 } = message;
  const get = (name: string): string | null => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  };
  return { status: statusCode, headers: { get }, body: await decoded(message, get("content-encoding")?.trim().toLowerCase()) };
}

/** We ask for nothing compressed, and some send it all the same. An error of the connection becomes one of what is read. */
async function decoded(message: IncomingMessage, encoding: string | undefined): Promise<Readable> {
  if (encoding === undefined || !/^(x-gzip|gzip|deflate|br)$/.test(encoding)) return message;
  const { createBrotliDecompress, createUnzip } = await import("node:zlib");
  return pipeline(message, encoding === "br" ? createBrotliDecompress() : createUnzip(), () => undefined);
}
