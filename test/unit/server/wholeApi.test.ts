import { deepEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Hono } from "hono";
import { readArguments } from "../../../sandbox-server/arguments.ts";
import { openHosting } from "../../../sandbox-server/hosting.ts";
import { noLog } from "../../../src/protocol/log.ts";
import type { BashCommands } from "../../../src/runtime/machine/bash/bashCommands.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { serverApp } from "../../../src/server/app.ts";
import { leftOut } from "../../../src/server/misc/leftOut.ts";
import { root } from "../../support/checkout.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("the whole API of sandbox-server on a port", () => {
  let folder: TempFolder;
  let app: Hono;
  let late: Hono;
  let paths: Readonly<Record<string, Readonly<Record<string, { readonly tags: readonly string[] }>>>>;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    folder = await tempFolder();
    const options = readArguments(["--port", "0", "--data", path.join(folder.path, "data")]);
    if (typeof options === "string") throw new Error(options);
    const serving = { options, workspace: folder.path, workingDir: folder.path, log: noLog, ended: new Promise<void>(() => undefined) };
    const hosting = await openHosting({ ...serving, secretKey: "a-secret-key" });
    const runtime = await openMachineRuntime({ workingDir: folder.path, wall: "test", pty: "none", ripgrep: "none" });
    ends.push(
      async () => hosting[Symbol.asyncDispose](),
      async () => runtime[Symbol.asyncDispose](),
    );
    const openBash = (): Promise<BashCommands> => Promise.reject(new Error("Nothing runs in this test."));
    const facts = { buildSha: "", buildRef: "", platform: "test", usableTools: [], idleTimeoutSeconds: undefined };
    late = hosting.routes.app;
    const routes = { state: "ready" as const, routes: async () => hosting.routes };
    app = serverApp({ runtime, workspace: folder.path, openBash, facts, maxUploadBytes: 1_000, log: noLog, late: routes });
    ({ paths } = await (await app.request("/openapi.json")).json());
  });
  after(async () => {
    for (const end of ends) await end();
    await folder[Symbol.asyncDispose]();
  });

  const listed = (): string[] =>
    Object.entries(paths).flatMap(([at, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${at}`));

  it("is described as it is served, each route once", () => {
    const served = [...app.routes, ...late.routes].filter(({ method }) => method !== "ALL");
    const names = served.map(({ method, path: at }) => `${method} ${at.replaceAll(/:(\w+)(?:\{.*\})?/g, "{$1}")}`);
    deepEqual(listed().sort(), names.sort());
  });

  it("says what of the official server is left out, in the table of the README and by 501", async () => {
    const table = await readFile(path.join(root, "sandbox-server", "README.md"), "utf8");
    const [, section = ""] = /\*\*What is left out\*\*[^|]*((?:\|.*\n)+)/.exec(table) ?? [];
    const rows = [...section.matchAll(/^\| (`.*`) \| (.*) \|$/gm)].flatMap(([, cells = "", sentence = ""]) =>
      cells.split(", ").map((cell) => `${cell.replaceAll("`", "")}: ${sentence}`),
    );
    const told = leftOut.map(([method, at, sentence]) => `${method.toUpperCase()} ${at.replaceAll(/:(\w+)/g, "{$1}")}: ${sentence}`);
    deepEqual(rows.sort(), told.sort());
    for (const [method, at, sentence] of leftOut) {
      const answer = await app.request(at.replaceAll(/:\w+/g, "x"), { method: method.toUpperCase() });
      deepEqual([answer.status, await answer.json()], [501, { detail: sentence }]);
    }
  });
});
