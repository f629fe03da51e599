import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, open, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { type Answered, type Asked, type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { until } from "../../support/until.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("files of sandbox-server", () => {
  let folder: TempFolder;
  let server: HeadlessServer;

  before(async () => {
    folder = await tempFolder({ "a.txt": "0123456789", "Naïve “name”.txt": "x", "B/x": "", "a/x": "", ".hidden/x": "", "c/x": "" });
    server = await startHeadless({ workspace: folder.path, args: ["--max-upload-mb", "2"] });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const inside = (name: string): string => path.join(folder.path, name);
  const upload = (file: string, content: Uint8Array | string, init: Asked = {}): Promise<Answered> => {
    const body = new FormData();
    body.set("note", "something before");
    body.set("file", new Blob([Buffer.from(content)]), "name.bin");
    return server.ask(`/api/file/upload?${new URLSearchParams({ path: file })}`, { body, ...init });
  };
  const download = (file: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/api/file/download?${new URLSearchParams({ path: file })}`, {
      headers: { "x-session-api-key": server.key, ...headers },
    });

  it("writes what is uploaded, whatever its bytes and size, with the folders above it, and keeps the mode of what was there", async () => {
    const bytes = createHash("shake256", { outputLength: 1_500_000 }).update("seed").digest();
    for (const content of [bytes, "", "\r\n--x\r\n", "\r\n\r\n"]) {
      deepEqual(await upload(inside("new/deep/file.bin"), content), { status: 200, json: { success: true } });
      ok((await readFile(inside("new/deep/file.bin"))).equals(Buffer.from(content)));
    }
    await chmod(inside("new/deep/file.bin"), 0o640);
    await upload(inside("new/deep/file.bin"), "again");
    equal((await stat(inside("new/deep/file.bin"))).mode & 0o777, 0o640);
    deepEqual(await readdir(inside("new/deep")), ["file.bin"]);
  });

  it("takes no upload that is too large, leads elsewhere, or is none; and nothing is written", async () => {
    await symlink(inside("a.txt"), inside("link"));
    execFileSync("sh", ["-c", `mkfifo ${inside("fifo")}`]);
    const refused = async (file: string, content: string | Uint8Array = "x") => (await upload(file, content)).status;
    equal(await refused("relative.txt"), 400);
    equal(await refused(`${folder.path}/../escaped.txt`), 400);
    equal(await refused(`${folder.path}/nul\0.txt`), 400);
    equal(await refused(inside("link")), 403);
    equal(await refused(inside("fifo")), 403);
    equal(await refused(folder.path), 400);
    equal(await refused(inside("a.txt/below")), 400);
    equal(await refused("/dev/openhands-test"), 403);
    equal(await refused(inside("large"), Buffer.alloc(2 * 1024 * 1024 + 1)), 413);
    equal(await refused(inside("larger"), Buffer.alloc(4 * 1024 * 1024)), 413);
    const missing = await server.ask(`/api/file/upload?path=${inside("y")}`, { body: "no form" });
    deepEqual([missing.status, missing.json.detail[0].loc], [422, ["body", "file"]]);
    const form = new FormData();
    form.set("other", "x");
    equal((await server.ask(`/api/file/upload?path=${inside("y")}`, { body: form })).status, 422);
    equal(await readFile(inside("a.txt"), "utf8"), "0123456789");
    const names = await readdir(folder.path);
    deepEqual(
      names.filter((name) => ["large", "larger", "y"].includes(name) || name.endsWith(".tmp")),
      [],
    );
  });

  it("keeps the old file when an upload breaks off", async () => {
    await writeFile(inside("kept"), "old");
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => undefined);
    const head = `POST /api/file/upload?path=${inside("kept")} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-session-api-key: ${server.key}\r\n`;
    socket.write(`${head}content-type: multipart/form-data; boundary=B\r\ncontent-length: 5000\r\n\r\n`);
    socket.write('--B\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nhalf of it');
    const isHalf = async () => (await readdir(folder.path)).some((name) => name.endsWith(".tmp"));
    await until("the begin of the upload", isHalf);
    socket.destroy();
    await until("its end", async () => !(await isHalf()));
    equal(await readFile(inside("kept"), "utf8"), "old");
  });

  it("gives a file as an attachment that a browser neither shows nor runs, whole or in part", async () => {
    const whole = await download(inside("Naïve “name”.txt"));
    const header = (name: string) => whole.headers.get(name);
    equal(header("content-type"), "application/octet-stream");
    equal(header("x-content-type-options"), "nosniff");
    equal(
      header("content-disposition"),
      `attachment; filename="Na_ve _name_.txt"; filename*=UTF-8''Na%C3%AFve%20%E2%80%9Cname%E2%80%9D.txt`,
    );
    const part = async (range: string) => {
      const answer = await download(inside("a.txt"), { range });
      return [answer.status, await answer.text(), answer.headers.get("content-range")];
    };
    deepEqual(await part("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
    deepEqual(await part("bytes=-3"), [206, "789", "bytes 7-9/10"]);
    deepEqual(await part("bytes=8-"), [206, "89", "bytes 8-9/10"]);
    deepEqual(await part("bytes=5-99999999999"), [206, "56789", "bytes 5-9/10"]);
    deepEqual((await part("bytes=10-")).slice(0, 1), [416]);
    deepEqual((await part("bytes=-0")).slice(0, 1), [416]);
    for (const odd of ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", `bytes=${"9".repeat(400)}-`])
      deepEqual((await part(odd)).slice(0, 2), [200, "0123456789"], odd);
    equal(await (await download(inside("B/x"))).text(), "");
  });

  it("gives nothing that is not an ordinary file by its own name", async () => {
    const status = async (file: string) => (await download(file)).status;
    equal(await status("a.txt"), 400);
    equal(await status(inside("../a.txt")), 404);
    equal(await status(`${folder.path}/a/../a.txt`), 400);
    equal(await status(inside("missing")), 404);
    equal(await status(folder.path), 400);
    equal(await status(inside("link")), 403);
    equal(await status(inside("fifo")), 403);
    equal(await status("/dev/zero"), 403);
    equal(await status("/proc/self/environ"), 403);
    equal(await status("/proc/1/mem"), 403);
    await symlink("/proc/self", inside("proc"));
    equal(await status(inside("proc/environ")), 403);
  });

  it("streams a huge file without holding it, and stops when nobody reads", async () => {
    await using handle = await open(inside("huge"), "w");
    await handle.truncate(10 * 1024 ** 3);
    const before = await residentMegabytes(server);
    const { body } = await download(inside("huge"));
    let size = 0;
    for await (const chunk of body!) {
      size += chunk.length;
      if (size > 300_000_000) break;
    }
    ok((await residentMegabytes(server)) - before < 80, `${(await residentMegabytes(server)) - before} MB`);
    const opened = (): Promise<string> => openFilesOf(server);
    await until("the file to be closed", async () => !(await opened()).includes("huge"));
  });

  it("lists the folders of a folder in pages, whatever their case, without links and files", async () => {
    await mkdir(inside("tree"));
    for (const name of ["b", "A", "c", ".h"]) await mkdir(inside(`tree/${name}`));
    await symlink(inside("tree/A"), inside("tree/linked"));
    const list = (query: string) => server.ask(`/api/file/search_subdirs?path=${inside("tree")}&${query}`);
    const first = await list("limit=2");
    deepEqual(first.json, {
      items: [
        { name: "A", path: inside("tree/A") },
        { name: "b", path: inside("tree/b") },
      ],
      next_page_id: "c",
    });
    deepEqual((await list("limit=2&page_id=c")).json, { items: [{ name: "c", path: inside("tree/c") }], next_page_id: null });
    equal((await list("include_hidden=true")).json.items.length, 4);
    equal((await server.ask("/api/file/search_subdirs?path=relative")).status, 400);
    equal((await server.ask(`/api/file/search_subdirs?path=${inside("missing")}`)).status, 404);
    equal((await server.ask(`/api/file/search_subdirs?path=${inside("a.txt")}`)).status, 400);
    equal((await list("limit=0")).status, 422);
  });

  it("makes folders, and tells of the home", async () => {
    const make = (file: string) => server.ask(`/api/file/create_directory?path=${file}`, { method: "POST" });
    deepEqual(await make(inside("made/below")), { status: 200, json: { success: true } });
    equal((await make(inside("made/below"))).status, 200);
    equal((await make(inside("a.txt"))).status, 400);
    equal((await make("relative")).status, 400);
    const { json } = await server.ask("/api/file/home");
    deepEqual([json.home, json.locations], [process.env["HOME"], [{ label: "/", path: "/" }]]);
  });
});

async function residentMegabytes({ child }: HeadlessServer): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1000;
}

async function openFilesOf({ child }: HeadlessServer): Promise<string> {
  return execFileSync("ls", ["-l", `/proc/${child.pid}/fd`], { encoding: "utf8" });
}
