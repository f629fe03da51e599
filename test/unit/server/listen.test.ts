import { deepEqual, equal } from "node:assert/strict";
import { Hono } from "hono";
import { noLog } from "../../../src/protocol/log.ts";
import { gateOf } from "../../../src/server/gate.ts";
import { noKeys } from "../../../src/server/keys.ts";
import { type Listening, listen } from "../../../src/server/listen.ts";
import { Routes } from "../../../src/server/routes.ts";
import { addServerInfo } from "../../../src/server/serverInfo.ts";

const facts = { buildSha: "unknown", buildRef: "unknown", platform: "Node", usableTools: [], idleTimeoutSeconds: undefined };

describe("a port whose routes come late", () => {
  async function served(app: () => Promise<Hono>): Promise<Listening & { readonly url: string }> {
    const gate = (port: number) => gateOf({ keys: noKeys, hosts: [`127.0.0.1:${port}`], origins: [] });
    const listening = await listen({ app, host: "127.0.0.1", port: 0, gate, log: noLog });
    return { ...listening, url: `http://127.0.0.1:${listening.port}` };
  }

  it("says that it lives without them, and in their words", async () => {
    let asked = 0;
    const app = new Hono({ strict: false });
    addServerInfo(new Routes(app), facts);
    await using server = await served(async () => {
      asked++;
      return app;
    });
    for (const path of ["/health", "/alive", "/health/", "/alive?now"]) {
      const [own, theirs] = [await fetch(server.url + path), await app.request(path)];
      deepEqual([own.status, await own.text()], [theirs.status, await theirs.text()]);
      equal(own.headers.get("content-type"), theirs.headers.get("content-type"));
    }
    equal(asked, 0);
    equal((await fetch(`${server.url}/health`, { method: "HEAD" })).status, 200);
    equal((await fetch(`${server.url}/ready`)).status, 200);
    equal((await fetch(`${server.url}/healthy`)).status, 404);
    equal(asked, 1);
  });

  it("keeps who asks for them waiting until they are there", async () => {
    const coming = Promise.withResolvers<Hono>();
    await using server = await served(() => coming.promise);
    const asked = fetch(`${server.url}/things`, { method: "POST", body: "all of it" });
    equal((await fetch(`${server.url}/health`)).status, 200);
    const app = new Hono();
    app.post("/things", async (c) => c.text(await c.req.text()));
    coming.resolve(app);
    equal(await (await asked).text(), "all of it");
  });

  it("says that nothing can be answered when they cannot be had", async () => {
    await using server = await served(() => Promise.reject(new Error("They are lost.")));
    const answer = await fetch(`${server.url}/ready`);
    deepEqual([answer.status, await answer.json()], [503, { detail: "Service Unavailable" }]);
    equal((await fetch(`${server.url}/alive`)).status, 200);
  });
});
