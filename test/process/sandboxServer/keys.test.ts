import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { cipherOf } from "../../../src/server/secrets/cipher.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { filesBelow } from "../../support/servedStores.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

const planted = { key: "sk-planted-of-the-model", token: "planted-value-of-the-token", given: "planted-in-the-request" };
const secretKey = "a secret key of the tests";

/** As a web UI does it: the settings, with what is secret in them encrypted, go back with the request. */
async function begin({ ask }: HeadlessServer, working_dir: string): Promise<string> {
  const { json: settings } = await ask("/api/settings", { headers: { "x-expose-secrets": "encrypted" } });
  match(settings.agent_settings.llm.api_key, /^gAAAAA/);
  const begun = await ask("/api/conversations", {
    json: {
      workspace: { working_dir },
      agent_settings: settings.agent_settings,
      secrets_encrypted: true,
      autotitle: false,
      secrets: {
        DEPLOY_TOKEN: { kind: "LookupSecret", url: "/api/settings/secrets/DEPLOY_TOKEN" },
        GIVEN: { kind: "StaticSecret", value: cipherOf(secretKey).encrypt(planted.given) },
      },
    },
  });
  equal(begun.status, 201, JSON.stringify(begun.json));
  return begun.json.id;
}

async function play({ ask }: HeadlessServer, id: string, text: string): Promise<void> {
  await ask(`/api/conversations/${id}/events`, { json: { role: "user", content: [{ type: "text", text }], run: true } });
  await until("the run to end", async () => {
    const { execution_status: status } = (await ask(`/api/conversations/${id}`)).json;
    if (status === "error") throw new Error(JSON.stringify((await ask(`/api/conversations/${id}/events/search`)).json));
    return status === "finished";
  });
}

describe("keys that a server keeps", () => {
  it("§1.2 §10.29 reach the model and the command that needs them, over a restart, and no answer, event, log or file", async () => {
    await using folder = await tempFolder();
    await using model = await startFakeLlm([
      { toolCalls: [{ name: "terminal", arguments: { command: "echo is:$DEPLOY_TOKEN:${#GIVEN}:" } }] },
      { text: "Done." },
      { text: "Again." },
      { text: "By a profile." },
    ]);
    const data = path.join(folder.path, "data");
    const workspace = path.join(folder.path, "workspace");
    await mkdir(workspace);
    const start = async () => startHeadless({ workspace, args: ["--data", data], env: { HOME: folder.path, OH_SECRET_KEY: secretKey } });
    const told: string[] = [];
    let id: string;
    {
      await using server = await start();
      const llm = { model: "openai/fake", api_key: planted.key, base_url: model.url };
      told.push(JSON.stringify(await server.ask("/api/settings", { method: "PATCH", json: { agent_settings_diff: { llm } } })));
      told.push(
        JSON.stringify(await server.ask("/api/settings/secrets", { method: "PUT", json: { name: "DEPLOY_TOKEN", value: planted.token } })),
      );
      id = await begin(server, workspace);
      await play(server, id, "Deploy it.");
      const { json: events } = await server.ask(`/api/conversations/${id}/events/search`);
      ok(JSON.stringify(events).includes(`is:<secret-hidden>:${planted.given.length}:`));
      told.push(JSON.stringify(events), JSON.stringify((await server.ask(`/api/conversations/${id}`)).json), server.log());
    }
    await using server = await start();
    await play(server, id, "And again.");
    await server.ask("/api/profiles/kept", { json: { llm: { model: "openai/fake", api_key: planted.key, base_url: model.url } } });
    await server.ask("/api/agent-profiles/mine", { json: { agent_kind: "openhands", llm_profile_ref: "kept" } });
    const { profile } = (await server.ask("/api/agent-profiles/mine")).json;
    const launched = await server.ask("/api/conversations", {
      json: { workspace: { working_dir: workspace }, agent_profile_id: profile.id, autotitle: false },
    });
    deepEqual(launched.json.launched_agent_profile, { agent_profile_id: profile.id, revision: 0 });
    await play(server, launched.json.id, "Hello");
    told.push(JSON.stringify(launched.json), server.log());

    deepEqual(
      model.requests.map(({ headers }) => headers["authorization"]),
      model.requests.map(() => `Bearer ${planted.key}`),
    );
    equal(model.requests.length, 4);
    told.push(...model.requests.map(({ body }) => JSON.stringify(body)), ...Object.values(await filesBelow(folder.path)));
    for (const text of told)
      for (const value of Object.values(planted)) ok(!text.includes(value), text.match(`.{0,200}${value}.{0,50}`)?.[0]);
  });
});
