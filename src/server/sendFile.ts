import { Readable } from "node:stream";
import type { Context } from "hono";
import type { Download } from "../runtime/machine/transfer/openDownload.ts";
import { rangeOf } from "./range.ts";

/** The file, or the range of it that was asked for, as fast as the client takes it. Closes it. */
export async function sendFile(c: Context, file: Download, more: Readonly<Record<string, string>>): Promise<Response> {
  try {
    const headers = { "x-content-type-options": "nosniff", "accept-ranges": "bytes", ...more };
    const range = rangeOf(c.req.header("range"), file.sizeBytes);
    if (range === "unsatisfiable") {
      await file[Symbol.asyncDispose]();
      return c.json({ detail: "Range Not Satisfiable" }, 416, { "content-range": `bytes */${file.sizeBytes}` });
    }
    const { start, end } = range ?? { start: 0, end: file.sizeBytes - 1 };
    const part = range === undefined ? {} : { "content-range": `bytes ${start}-${end}/${file.sizeBytes}` };
    const all = { ...headers, ...part, "content-length": String(end - start + 1) };
    if (c.req.method === "HEAD" || file.sizeBytes === 0) {
      await file[Symbol.asyncDispose]();
      return c.body(null, 200, all);
    }
    return c.body(Readable.toWeb(file.stream({ start, end })), range === undefined ? 200 : 206, all);
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}
