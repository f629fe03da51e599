import { type Context, Hono } from "hono";
import type * as z from "zod";
import { GlobRequest, GrepRequest, TerminalRequest } from "../protocol/runtime.ts";
import { PathRequest, ReadRequest, type RuntimeFault, type TerminalLine, versionHeader, WriteQuery } from "../protocol/runtimeApi.ts";
import { messageOf } from "../protocol/thrown.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";

const maxWriteBytes = 100 * 1024 * 1024;

/** `/alive` and `/api/runtime/*` over `runtime`: the same app behind a port and behind stdin and stdout. */
export function runtimeApp(runtime: Runtime): Hono {
  const app = new Hono();
  app.get("/alive", (c) => c.json({ status: "ok" }));
  app.get("/api/runtime/info", (c) => c.json(runtime.info));
  addTerminal(app, runtime);
  addFiles(app, runtime);
  addSearch(app, runtime);
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error, c) => c.json(toFault(error), statusOf(error)));
  return app;
}

function addTerminal(app: Hono, { terminal }: Runtime): void {
  const running = new Map<AbortController, Promise<void>>();
  app.post("/api/runtime/terminal/run", (c) => {
    const interrupt = new AbortController();
    const signal = AbortSignal.any([c.req.raw.signal, interrupt.signal]);
    const settled = Promise.withResolvers<void>();
    // Before anything is awaited, so that an interrupt that comes right behind finds it.
    running.set(interrupt, settled.promise);
    const run = async (send: Send): Promise<void> => {
      try {
        const request = await body(c, TerminalRequest);
        // An interrupt that came before this is one of what runs: it must not make the request as if it had never come.
        const late = new AbortController();
        const result = terminal.run(request, { signal: late.signal, onOutput: (text) => send({ type: "output", text }) });
        const abort = (): void => late.abort(signal.reason);
        if (signal.aborted) abort();
        signal.addEventListener("abort", abort, { once: true });
        void send({ type: "result", result: await result });
      } finally {
        running.delete(interrupt);
        settled.resolve();
      }
    };
    return lines(run, c.req.raw.signal);
  });
  app.post("/api/runtime/terminal/interrupt", async (c) => {
    for (const interrupt of running.keys()) interrupt.abort(new RuntimeError("failed", "Interrupted."));
    await Promise.all(running.values());
    return c.json({ success: true });
  });
  app.post("/api/runtime/terminal/reset", async (c) => {
    await terminal.reset(c.req.raw.signal);
    return c.json({ success: true });
  });
}

function addFiles(app: Hono, { files }: Runtime): void {
  app.post("/api/runtime/files/stat", async (c) => {
    const { path } = await body(c, PathRequest);
    return c.json({ stat: (await files.stat(path, c.req.raw.signal)) ?? null });
  });
  app.post("/api/runtime/files/list", async (c) => {
    const { path } = await body(c, PathRequest);
    return c.json({ entries: await files.list(path, c.req.raw.signal) });
  });
  app.post("/api/runtime/files/remove", async (c) => {
    const { path } = await body(c, PathRequest);
    await files.remove(path, c.req.raw.signal);
    return c.json({ success: true });
  });
  app.post("/api/runtime/files/real-path", async (c) => {
    const { path } = await body(c, PathRequest);
    return c.json({ path: await files.realPath(path, c.req.raw.signal) });
  });
  app.post("/api/runtime/files/read", async (c) => {
    const { path, maxBytes } = await body(c, ReadRequest);
    const { bytes, version } = await files.read(path, { maxBytes, signal: c.req.raw.signal });
    return c.body(new Uint8Array(bytes), 200, { "content-type": "application/octet-stream", [versionHeader]: version });
  });
  app.put("/api/runtime/files/write", async (c) => {
    const { path, expected } = check(WriteQuery, c.req.query());
    const bytes = await limitedBody(c);
    return c.json(await files.write(path, bytes, { expected, signal: c.req.raw.signal }));
  });
}

function addSearch(app: Hono, { search }: Runtime): void {
  app.post("/api/runtime/search/glob", async (c) => c.json(await search.glob(await body(c, GlobRequest), c.req.raw.signal)));
  app.post("/api/runtime/search/grep", async (c) => c.json(await search.grep(await body(c, GrepRequest), c.req.raw.signal)));
}

/** Gives a promise when the client has enough for now; it settles when there is room again. */
type Send = (line: TerminalLine) => Promise<void> | undefined;

/** What may wait for a client that reads slowly; then the output that it watches is left out, which its command's result never is. */
const waitingBytes = { mostOfWatched: 4 * 1024 * 1024, enough: 256 * 1024 };

/** An answer that is written while it is made; a failure after its begin is its last line. */
function lines(make: (send: Send) => Promise<void>, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let hasRoom: PromiseWithResolvers<void> | undefined;
  const start = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const send: Send = (line) => {
      const room = controller.desiredSize ?? 0;
      if (signal.aborted || (line.type === "output" && room < -waitingBytes.mostOfWatched)) return hasRoom?.promise;
      controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      if ((controller.desiredSize ?? 0) > 0) return undefined;
      hasRoom ??= Promise.withResolvers<void>();
      return hasRoom.promise;
    };
    await make(send).catch((error: unknown) => send({ type: "error", fault: toFault(error) }));
    if (!signal.aborted) controller.close();
  };
  const pull = (): void => {
    hasRoom?.resolve();
    hasRoom = undefined;
  };
  const stream = new ReadableStream<Uint8Array>(
    { start: (controller) => void start(controller), pull },
    { highWaterMark: waitingBytes.enough, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}

async function body<Shape extends z.ZodType>(c: Context, schema: Shape): Promise<z.output<Shape>> {
  const value: unknown = await c.req.json().catch(() => undefined);
  return check(schema, value);
}

function check<Shape extends z.ZodType>(schema: Shape, value: unknown): z.output<Shape> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadRequest(`${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}`);
}

async function limitedBody(c: Context): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const chunks: AsyncIterable<Uint8Array> | undefined = c.req.raw.body ?? undefined;
  if (chunks === undefined) return new Uint8Array();
  let size = 0;
  for await (const part of chunks) {
    size += part.byteLength;
    if (size > maxWriteBytes) throw new RuntimeError("too-large", `A file of more than ${maxWriteBytes} bytes cannot be written.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

class BadRequest extends Error {
  override readonly name = "BadRequest";
}

function toFault(error: unknown): RuntimeFault {
  if (error instanceof RuntimeError) return { code: error.code, detail: error.message };
  return { code: "failed", detail: messageOf(error) };
}

function statusOf(error: unknown): 400 | 404 | 409 | 413 | 500 | 503 {
  if (error instanceof BadRequest) return 400;
  if (!(error instanceof RuntimeError)) return 500;
  switch (error.code) {
    case "not-found":
      return 404;
    case "exists":
    case "changed":
      return 409;
    case "too-large":
      return 413;
    case "closed":
    case "no-shell":
    case "unreachable":
      return 503;
    default:
      return 400;
  }
}
