import type { Hono } from "hono";
import { PathRequest, ReadRequest, versionHeader, WriteQuery } from "../protocol/runtimeApi.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { body, check, limitedBody } from "./bodies.ts";

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
