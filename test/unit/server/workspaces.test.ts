import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { Hono } from "hono";
import { noLog } from "../../../src/protocol/log.ts";
import { addErrors } from "../../../src/server/answers.ts";
import { addMisc } from "../../../src/server/misc/addMisc.ts";
import { Routes } from "../../../src/server/routes.ts";
import { type ServedHosting, serveHosting } from "../../support/servedHosting.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("the folders to choose from", () => {
  let folder: TempFolder;
  beforeEach(async () => (folder = await tempFolder()));
  afterEach(() => folder[Symbol.asyncDispose]());

  const ask = async (method: string, at: string, json?: object) => {
    const app = new Hono({ strict: false });
    addErrors(app, noLog);
    addMisc(new Routes(app), { dataFolder: path.join(folder.path, "data"), mcp: { reach: { inside: true }, cipher: undefined } });
    const answer = await app.request(at, { method, ...(json && { body: JSON.stringify(json) }) });
    return { status: answer.status, body: await answer.json() };
  };

  it("are kept for all clients, each path once, in camelCase and without nulls", async () => {
    const nothing = { workspaces: [], workspaceParents: [] };
    deepEqual(await ask("GET", "/api/workspaces"), { status: 200, body: nothing });
    const [one, two] = [
      { id: "1", name: "One", path: "/w/one", parentPath: null },
      { id: "2", name: "Two", path: "/w/two", parentPath: "/w" },
    ];
    await ask("POST", "/api/workspaces", { workspaces: [one, two, { ...two, name: "again" }] });
    const { body } = await ask("POST", "/api/workspaces/", { workspaces: [{ ...one, name: "later" }] });
    const kept = [{ id: "1", name: "One", path: "/w/one" }, two];
    deepEqual(body, { workspaces: kept, workspaceParents: [] });
    const parents = [{ id: "p", name: "w", path: "/w" }];
    deepEqual((await ask("POST", "/api/workspaces/parents", { parents })).body, { workspaces: kept, workspaceParents: parents });
    deepEqual(await ask("DELETE", "/api/workspaces?path=/w/one"), { status: 200, body: { deleted: true } });
    equal((await ask("DELETE", "/api/workspaces?path=/w/one")).status, 404);
    equal((await ask("DELETE", "/api/workspaces/parents?path=/w")).status, 200);
    equal((await ask("DELETE", "/api/workspaces/parents?path=/w")).status, 404);
    deepEqual((await ask("GET", "/api/workspaces")).body, { workspaces: [two], workspaceParents: [] });
    equal((await stat(path.join(folder.path, "data", "workspaces.json"))).mode & 0o777, 0o600);
  });

  it("are left as they are when they cannot be understood, and when a request does not fit", async () => {
    const file = path.join(folder.path, "data", "workspaces.json");
    equal((await ask("POST", "/api/workspaces", { workspaces: [{ id: "1", name: "x" }] })).status, 422);
    await mkdir(path.dirname(file));
    for (const damaged of ["{", '{"workspaces":3}']) {
      await writeFile(file, damaged);
      for (const [method, json] of [
        ["GET", undefined],
        ["POST", { workspaces: [] }],
      ] as const) {
        const { status, body } = await ask(method, "/api/workspaces", json);
        equal(status, 409);
        match(body.detail, /cannot be understood. It was left as it is/);
      }
      equal(await readFile(file, "utf8"), damaged);
    }
  });
});

describe("the files of a conversation's workspace", () => {
  let served: ServedHosting;
  let base: string;

  before(async () => {
    served = await serveHosting();
    base = `${served.url}/api/conversations/${await served.begin()}/workspace`;
    await mkdir(path.join(served.workspace, "site", "empty"), { recursive: true });
    await writeFile(path.join(served.workspace, "site", "index.html"), "<h1>Hello</h1>");
    await writeFile(path.join(served.workspace, "site", "ä b.svg"), "<svg/>");
    await writeFile(path.join(served.workspace, "Makefile"), "all:\n");
    await writeFile(path.join(served.folder, "outside.txt"), "secret");
    await symlink(path.join(served.folder, "outside.txt"), path.join(served.workspace, "out"));
    await symlink(served.folder, path.join(served.workspace, "up"));
    await symlink(path.join(served.workspace, "site"), path.join(served.workspace, "inside"));
  });
  after(() => served[Symbol.asyncDispose]());

  it("are shown with their types, and their folders by index.html", async () => {
    const get = async (at: string) => {
      const answer = await fetch(base + at);
      return [answer.status, answer.headers.get("content-type"), answer.status === 200 ? await answer.text() : ""];
    };
    const html = [200, "text/html; charset=utf-8", "<h1>Hello</h1>"];
    for (const at of ["/site/index.html", "/site", "/site/"]) deepEqual(await get(at), html, at);
    deepEqual(await get("/site/%C3%A4%20b.svg"), [200, "image/svg+xml", "<svg/>"]);
    deepEqual(await get("/Makefile"), [200, "text/plain; charset=utf-8", "all:\n"]);
    for (const at of ["", "/", "/site/empty", "/nothing"]) equal((await get(at))[0], 404, at);
    equal((await fetch(`${served.url}/api/conversations/${crypto.randomUUID()}/workspace/`)).status, 404);
    const part = await fetch(`${base}/Makefile`, { headers: { range: "bytes=0-1" } });
    deepEqual([part.status, await part.text()], [206, "al"]);
  });

  it("run no script", async () => {
    const { headers } = await fetch(`${base}/site`);
    const csp = headers.get("content-security-policy") ?? "";
    ok(csp.startsWith("sandbox ") && !csp.includes("allow-scripts") && csp.includes("script-src 'none'"), csp);
    equal(headers.get("x-content-type-options"), "nosniff");
  });

  it("lead nowhere else: not through links, dots, or what is no file (HS-13)", async () => {
    for (const at of [
      "/out",
      "/up/outside.txt",
      "/inside/index.html",
      "/..%2foutside.txt",
      "/site/..%2f..%2foutside.txt",
      "/%00",
      "/a%5cb",
    ]) {
      const answer = await fetch(base + at);
      equal(answer.status, 400, at);
      ok(!(await answer.text()).includes("secret"));
    }
  });
});
