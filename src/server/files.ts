import { Home, HomeQuery, NamedFolder, PathQuery, pageOf, SubfoldersQuery, Success } from "../protocol/agentServer/base.ts";
import { createFolder, homeFolders, subfolders } from "../runtime/machine/transfer/browse.ts";
import { openDownload } from "../runtime/machine/transfer/openDownload.ts";
import { receiveFile } from "../runtime/machine/transfer/receiveFile.ts";
import { Refusal } from "./answers.ts";
import { filePart } from "./multipart.ts";
import type { Routes } from "./routes.ts";
import { sendFile } from "./sendFile.ts";

const tag = "Files";

/** `/api/file/*`: whole files in and out, and folders to choose from (agent-server protocol §2.5). */
export function addFiles(routes: Routes, maxUploadBytes: number): void {
  addTransfer(routes, maxUploadBytes);
  addFolders(routes);
}

function addTransfer(routes: Routes, maxUploadBytes: number): void {
  routes.add(
    ["post", "/api/file/upload"],
    {
      summary: "Write a file from the field `file` of a form",
      tag,
      query: PathQuery,
      takes: "multipart/form-data",
      answer: Success,
      refuses: [400, 403, 413, 507],
    },
    async ({ c, query: { path }, signal }) => {
      // What is in the way of the field counts as well, so that nobody can send for ever.
      if (Number(c.req.header("content-length")) > maxUploadBytes + 64 * 1024)
        throw new Refusal(413, `A file of more than ${maxUploadBytes} bytes is not taken.`);
      const content = await filePart(c.req.raw.body ?? undefined, c.req.header("content-type") ?? "");
      await receiveFile(path, content, { maxBytes: maxUploadBytes, signal });
      return { success: true };
    },
  );
  routes.add(
    ["get", "/api/file/download"],
    {
      summary: "Read a file; ranges are answered",
      tag,
      query: PathQuery,
      gives: "application/octet-stream",
      refuses: [400, 403, 404, 416],
    },
    async ({ c, query, signal }) => sendFile(c, await openDownload(query.path, signal), downloadHeaders(query.path)),
  );
}

function addFolders(routes: Routes): void {
  routes.add(
    ["get", "/api/file/home"],
    { summary: "The home folder, and folders to begin with", tag, query: HomeQuery, answer: Home },
    ({ query, signal }) => homeFolders({ hidden: query.include_hidden, signal }),
  );
  routes.add(
    ["get", "/api/file/search_subdirs"],
    { summary: "The folders in a folder", tag, query: SubfoldersQuery, answer: pageOf(NamedFolder), refuses: [400, 403, 404] },
    async ({ query: { path, page_id, limit, include_hidden }, signal }) => {
      const found = await subfolders(path, { hidden: include_hidden, signal });
      const start = Math.max(
        0,
        found.findIndex(({ name }) => name.toLowerCase() === page_id),
      );
      const next = found[start + limit]?.name.toLowerCase() ?? null;
      return { items: found.slice(start, start + limit), next_page_id: next };
    },
  );
  routes.add(
    ["post", "/api/file/create_directory"],
    { summary: "Make a folder", tag, query: PathQuery, answer: Success, refuses: [400, 403] },
    async ({ query, signal }) => {
      await createFolder(query.path, signal);
      return { success: true };
    },
  );
}

/** Nothing that a browser would show or run. */
function downloadHeaders(path: string): Record<string, string> {
  return { "content-type": "application/octet-stream", "cache-control": "no-store", "content-disposition": attachment(path) };
}

/** RFC 6266: plain for old clients, and in UTF-8. */
function attachment(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? "file";
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
