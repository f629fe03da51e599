import type { IncomingMessage } from "node:http";
import { mostBytesFor } from "./bodyLimits.ts";
import type { Answer } from "./gate.ts";

const deepest = 100;

/** These take files, and read their bodies themselves as they come. */
const takesFiles = /^\/api\/(?:file\/upload|runtime\/files\/write|runtime\/workspace)\/?(?:\?|$)/;

/**
 * Reads the body of a request that takes no file, at most so much as it may have, before anything of it is understood: for whoever answers, it is there as a
 * whole. Gives the answer when it is too large, too deep or encoded.
 */
export async function readJsonBody(request: IncomingMessage): Promise<Answer | undefined> {
  if (request.headers["content-encoding"] !== undefined) return { status: 415, body: { detail: "Bodies must be sent without encoding." } };
  if (!hasBody(request) || takesFiles.test(request.url ?? "")) return undefined;
  const mostBytes = mostBytesFor(request.url);
  const tooLarge = { status: 413, body: { detail: `The body has more than ${mostBytes} bytes.` } };
  if (Number(request.headers["content-length"]) > mostBytes) return tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  const chunks: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > mostBytes) return tooLarge;
    parts.push(chunk);
  }
  const rawBody = Buffer.concat(parts);
  if (isTooDeep(rawBody)) return { status: 400, body: { detail: `The body is nested more than ${deepest} deep.` } };
  // By this name @hono/node-server takes a body that somebody has read already.
  Object.assign(request, { rawBody });
  return undefined;
}

/** A few of the protocol's GETs have one. */
function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method !== "GET" && method !== "HEAD") return true;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Counts brackets outside of texts; what is no JSON may be taken for too deep, and is refused either way. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isInText) {
      if (byte === backslash) at++;
      else if (byte === quote) isInText = false;
    } else if (byte === quote) isInText = true;
    else if (byte === openBracket || byte === openBrace) depth++;
    else if (byte === closeBracket || byte === closeBrace) depth--;
    if (depth > deepest) return true;
  }
  return false;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');
