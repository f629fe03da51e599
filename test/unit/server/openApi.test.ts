import { deepEqual, equal } from "node:assert/strict";
import type { Hono } from "hono";
import type { BashCommands } from "../../../src/runtime/machine/bash/bashCommands.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { serverApp } from "../../../src/server/app.ts";
import { quietLog, type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("what the server tells of its own API", () => {
  let folder: TempFolder;
  let app: Hono;
  let end: () => Promise<void>;

  before(async () => {
    folder = await tempFolder();
    const runtime = await openMachineRuntime({ workingDir: folder.path, wall: "test", pty: "none", ripgrep: "none" });
    const openBash = (): Promise<BashCommands> => Promise.reject(new Error("Nothing runs in this test."));
    const facts = { buildSha: "", buildRef: "", platform: "test", usableTools: [], idleTimeoutSeconds: undefined };
    app = serverApp({ runtime, workspace: folder.path, openBash, facts, maxUploadBytes: 1_000, log: quietLog });
    end = async () => runtime[Symbol.asyncDispose]();
  });
  after(async () => {
    await end();
    await folder[Symbol.asyncDispose]();
  });

  const described = async () => (await app.request("/openapi.json")).json();

  it("describes every route that it serves, and no other", async () => {
    const { paths } = await described();
    const listed = Object.entries<object>(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{.*\})?/g, "{$1}")}`);
    deepEqual(listed.sort(), [...new Set(served)].sort());
  });

  it("describes what is asked, what is answered and which key opens it", async () => {
    const { openapi, paths } = await described();
    equal(openapi, "3.1.0");
    const { get: search } = paths["/api/bash/bash_events/search"];
    equal(search.operationId, "get_api_bash_bash_events_search");
    deepEqual(search.security, [{ APIKeyHeader: [] }]);
    deepEqual(Object.keys(search.responses), ["200", "401", "422"]);
    const sort = search.parameters.find(({ name }: { name: string }) => name === "sort_order");
    deepEqual(sort, {
      name: "sort_order",
      in: "query",
      required: false,
      schema: { default: "TIMESTAMP", type: "string", enum: ["TIMESTAMP", "TIMESTAMP_DESC"] },
    });
    const { post: run } = paths["/api/bash/execute_bash_command"];
    deepEqual(run.requestBody.content["application/json"].schema.required, ["command"]);
    equal(run.responses[200].content["application/json"].schema.properties.kind.const, "BashOutput");
    equal(paths["/health"].get.security, undefined);
  });
});
