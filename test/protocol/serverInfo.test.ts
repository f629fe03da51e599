import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import { type Stage, withStage } from "./server.ts";

describe("a server, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));

  it("says that it lives, is well and is ready, and what it is", async () => {
    const { server } = stage.client;
    assert.deepEqual([await server.getAlive(), await server.getHealth()], [{ status: "ok" }, { status: "ok" }]);
    await until("the server to be ready", async () => (await server.getReady()).status === "ready");
    const info = await server.getServerInfo();
    assert.match(info.version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual([info.title, info["docs"], info["redoc"]], ["OpenHands Agent Server", "/docs", "/redoc"]);
    for (const name of ["uptime", "idle_time"]) assert.ok(Number.isInteger(info[name]), name);
    for (const name of ["sdk_version", "tools_version", "workspace_version", "build_git_sha", "build_git_ref", "python_version"])
      assert.equal(typeof info[name], "string", name);
    for (const name of ["usable_tools", "capabilities"]) assert.ok(Array.isArray(info[name]), name);
    assert.deepEqual([info["runtime_idle_timeout_seconds"], info["max_foreground_terminal_timeout_seconds"]], [null, null]);
    assert.deepEqual(Object.keys(await server.getRoot<object>()).toSorted(), Object.keys(info).toSorted());
  });

  it("knows its tools, and says which of them can be used", async () => {
    const names = await stage.client.tools.listTools();
    const { usable_tools } = (await stage.client.server.getServerInfo()) as unknown as { usable_tools: string[] };
    for (const name of ["terminal", "file_editor", "task_tracker", "glob", "grep"]) {
      assert.ok(names.includes(name), name);
      assert.ok(usable_tools.includes(name), name);
    }
    assert.equal((await stage.wire("GET", "/api/tools")).status, 200);
  });

  it("lists providers and models, all of them and of one provider, and the verified ones", async () => {
    const { llm } = stage.client;
    const providers = await llm.getProviders();
    assert.ok(providers.includes("openai") && providers.includes("anthropic"));
    assert.ok((await llm.getModels()).length > 0);
    assert.ok((await llm.getModels("openai")).length > 0);
    assert.ok(Object.values(await llm.getVerifiedModels()).every((models) => Array.isArray(models)));
    assert.deepEqual(await llm.getOpenAISubscriptionStatus(), {
      vendor: "openai",
      connected: false,
      account_email: null,
      expires_at: null,
    });
  });

  it("has no VS Code and no desktop to show, and says so", async () => {
    assert.equal(typeof (await stage.client.vscode.getStatus()).enabled, "boolean");
    for (const route of ["/api/vscode/url", "/api/desktop/url"]) {
      const { status, json } = await stage.wire("GET", route);
      assert.ok(status === 503 || (status === 200 && (json.url === null || typeof json.url === "string")), route);
    }
  });

  it("asks for its key wherever something could be read or done", async () => {
    for (const route of ["/api/conversations/search", "/api/settings", "/api/tools", "/v1/models"]) {
      const answer = await stage.wire("GET", route, undefined, { "x-session-api-key": "wrong" });
      assert.deepEqual([answer.status, answer.json], [401, { detail: "Unauthorized" }], route);
    }
    for (const route of ["/", "/alive", "/health", "/ready", "/server_info", "/openapi.json"])
      assert.equal((await stage.wire("GET", route, undefined, { "x-session-api-key": "wrong" })).status, 200, route);
  });

  it("answers for what it does not have as the protocol says", async () => {
    assert.deepEqual(await stage.wire("GET", "/api/nothing-here"), { status: 404, json: { detail: "Not Found" } });
    assert.deepEqual(await stage.wire("DELETE", "/health"), { status: 405, json: { detail: "Method Not Allowed" } });
    const { status, json } = await stage.wire("GET", "/api/conversations/not-a-uuid");
    assert.equal(status, 422);
    assert.deepEqual(json.detail[0].loc[0], "path");
  });
});
