import type { Hono } from "hono";
import { MoveRequest, PathRequest, ReadRequest, sizeHeader, versionHeader, WriteQuery } from "../protocol/runtimeApi.ts";
import { movePath, readPart } from "../runtime/machine/fileParts.ts";
import { type FileChanges, watchFiles } from "../runtime/machine/fileWatch.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { body, check, limitedBody, toFault } from "./bodies.ts";

/** `/api/runtime/files/*`. */
export function addFiles(app: Hono, { files }: Runtime): void {
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
    const { path, maxBytes, offset } = await body(c, ReadRequest);
    const { signal } = c.req.raw;
    const type = { "content-type": "application/octet-stream" };
    if (offset !== undefined) {
      const { bytes, sizeBytes, version } = await readPart(path, { offset, maxBytes, signal });
      return c.body(new Uint8Array(bytes), 200, { ...type, [versionHeader]: version, [sizeHeader]: String(sizeBytes) });
    }
    const { bytes, version } = await files.read(path, { maxBytes, signal });
    return c.body(new Uint8Array(bytes), 200, { ...type, [versionHeader]: version });
  });
  app.post("/api/runtime/files/move", async (c) => {
    const { from, to } = await body(c, MoveRequest);
    await movePath(from, to, c.req.raw.signal);
    return c.json({ success: true });
  });
  app.post("/api/runtime/files/watch", async (c) => {
    const { path } = await body(c, PathRequest);
    return changeLines(watchFiles(path, c.req.raw.signal));
  });
  app.put("/api/runtime/files/write", async (c) => {
    const { path, expected } = check(WriteQuery, c.req.query());
    const bytes = await limitedBody(c);
    return c.json(await files.write(path, bytes, { expected, signal: c.req.raw.signal }));
  });
}

/** One line for each time that somebody asks and something has changed; a failure is the last. */
function changeLines(changes: AsyncGenerator<FileChanges, undefined>): Response {
  const line = (value: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { value } = await changes.next();
          if (value === undefined) return controller.close();
          controller.enqueue(line({ type: "changed", ...value }));
        } catch (error) {
          controller.enqueue(line({ type: "error", fault: toFault(error) }));
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}
