import * as z from "zod";
import { openBelow } from "../runtime/machine/transfer/openBelow.ts";
import { contentTypeOf } from "./contentTypes.ts";
import type { Routes } from "./routes.ts";
import { sendFile } from "./sendFile.ts";

/** `/static`: the files of a web UI that the server's owner has put there, for everybody; `/` leads there (agent-server protocol §1.1). */
export function addStatic(routes: Routes, folder: string): void {
  routes.app.get("/", (c) => c.redirect("/static/", 302));
  const shape = { tag: "Server", gives: "*/*", refuses: [400, 403, 404, 416] };
  const serve = { ...shape, summary: "A file of the web UI", params: z.object({ file_path: z.string() }) };
  routes.add(["get", "/static/:file_path{.+}"], serve, async ({ c, params, signal }) => {
    const { file, path } = await openBelow(folder, params.file_path, signal);
    return sendFile(c, file, { "content-type": contentTypeOf(path), "cache-control": "no-cache" });
  });
  routes.add(["get", "/static"], { ...shape, summary: "The web UI" }, async ({ c, signal }) => {
    // Because names in the page are relative to its folder.
    if (!new URL(c.req.url).pathname.endsWith("/")) return c.redirect("/static/", 302);
    const { file, path } = await openBelow(folder, "", signal);
    return sendFile(c, file, { "content-type": contentTypeOf(path), "cache-control": "no-cache" });
  });
}
