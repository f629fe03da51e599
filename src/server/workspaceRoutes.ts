import { Readable } from "node:stream";
import type { Hono } from "hono";
import { versionHeader } from "../protocol/runtimeApi.ts";
import { ReadPartRequest, RemoveRequest, type ScanEnd, StatRequest } from "../protocol/workspaceApi.ts";
import type { MachineWorkspace } from "../runtime/machine/machineWorkspace.ts";
import { body, toFault } from "./bodies.ts";

/** `/api/runtime/workspace` (protocol/workspaceApi). */
export function addWorkspace(app: Hono, workspace: MachineWorkspace): void {
  app.put("/api/runtime/workspace", async (c) => {
    const tar: AsyncIterable<Uint8Array> = c.req.raw.body ?? Readable.from([]);
    return c.json(await workspace.unpack(Readable.from(tar), c.req.raw.signal));
  });
  app.post("/api/runtime/workspace/scan", (c) => inLines(workspace.scan(c.req.raw.signal)));
  app.post("/api/runtime/workspace/stat", async (c) => {
    const { paths, withHash } = await body(c, StatRequest);
    return inLines(workspace.stat(paths, { withHash, signal: c.req.raw.signal }));
  });
  app.post("/api/runtime/workspace/read", async (c) => {
    const { bytes, version } = await workspace.read(await body(c, ReadPartRequest), c.req.raw.signal);
    return c.body(new Uint8Array(bytes), 200, { "content-type": "application/octet-stream", [versionHeader]: version });
  });
  app.post("/api/runtime/workspace/remove", async (c) => {
    const { paths } = await body(c, RemoveRequest);
    await workspace.remove(paths, c.req.raw.signal);
    return c.json({ success: true });
  });
}

/** Made only as fast as the client reads. */
function inLines(portions: AsyncIterable<readonly object[]>): Response {
  const made = withFault(portions);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await made.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value.map((line) => `${JSON.stringify(line)}\n`).join("")));
    },
    cancel: async () => void (await made.return(undefined)),
  });
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}

/** What fails is the last line. */
async function* withFault(portions: AsyncIterable<readonly object[]>): AsyncGenerator<readonly object[], undefined> {
  try {
    for await (const portion of portions) if (portion.length > 0) yield portion;
  } catch (error) {
    yield [{ type: "error", fault: toFault(error) } satisfies ScanEnd];
  }
}
