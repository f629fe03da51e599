import { createServer } from "node:http2";
import { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { connectionWindowBytes, maxSessionMegabytes } from "../protocol/runtimeApi.ts";

/**
 * Serves `app` by HTTP/2 (RFC 9113, without TLS) over one pair of streams; resolves when the other side has ended its stream.
 *
 * The end of input is the leak stop: when the host dies, its pipe closes and the server ends with it.
 */
export async function serveStdio(app: Hono, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  // Because its clean-up destroys a stream whose request body has been read but not yet reported as ended, and the answer with it.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });
  const server = createServer({
    maxSessionMemory: maxSessionMegabytes,
    // Said aloud, so that a client with more requests keeps them until there is room, instead of being refused.
    settings: { initialWindowSize: 1024 * 1024, maxConcurrentStreams: 100 },
  });
  server.on("session", (session) => session.setLocalWindowSize(connectionWindowBytes));
  server.on("request", (request, response) => void listener(request, response));
  const ended = Promise.withResolvers<void>();
  const stream = bothOf(input, output);
  stream.once("close", () => ended.resolve());
  stream.once("error", () => ended.resolve());
  input.once("end", () => ended.resolve());
  server.emit("connection", stream);
  await ended.promise;
  server.close();
}

/** What is written together leaves together, which Node's own `Duplex.from` does piece by piece. */
function bothOf(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Duplex {
  const stream = new Duplex({
    read: () => void input.resume(),
    write: (bytes: Buffer, _encoding, done) => void output.write(bytes, done),
    writev: (pieces, done) => void output.write(Buffer.concat(pieces.map(({ chunk }: { chunk: Buffer }) => chunk)), done),
    final: (done) => void output.end(done),
  });
  input.on("data", (bytes: Buffer) => void (stream.push(bytes) || input.pause()));
  input.once("end", () => void stream.push(null));
  for (const side of [input, output]) side.once("error", (error: Error) => stream.destroy(error)).once("close", () => stream.destroy());
  return stream;
}
