import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { AgentServerSettingsPatchRequest } from "@openhands/typescript-client/clients";
import { modelKey } from "./playedModel.ts";
import { refusal, type Stage, withStage } from "./server.ts";

describe("settings, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const settings = () => stage.client.settings;
  const patch = (json: object) => stage.wire("PATCH", "/api/settings", json);

  it("has defaults, and both schemas", async () => {
    const found = await stage.wire("GET", "/api/settings");
    const { agent_settings, conversation_settings, ...rest } = found.json;
    assert.deepEqual(conversation_settings, { schema_version: 1, max_iterations: 500, confirmation_mode: false, security_analyzer: "llm" });
    assert.deepEqual(rest, {
      llm_api_key_is_set: false,
      active_profile: null,
      active_agent_profile_id: rest.active_agent_profile_id,
      misc_settings: {},
    });
    assert.deepEqual([agent_settings.agent_kind, agent_settings.tools, agent_settings.mcp_config], ["openhands", null, {}]);
    assert.equal(agent_settings.condenser.max_size, 240);
    const schemas = [await settings().getAgentSchema(), await settings().getConversationSchema()] as {
      model_name: string;
      sections: { key: string; fields: { key: string }[] }[];
    }[];
    assert.deepEqual(
      schemas.map(({ model_name }) => model_name),
      ["AgentSettings", "ConversationSettings"],
    );
    assert.ok(schemas[0]!.sections.some(({ key, fields }) => key === "llm" && fields.some((field) => field.key === "llm.model")));
    assert.ok(schemas[1]!.sections.some(({ key }) => key === "verification"));
  });

  it("§10.70 merges deeply: null deletes in a map and is a value at the top, lists are replaced, nothing is refused", async () => {
    assert.equal((await patch({})).status, 400);
    const first = await patch({
      agent_settings_diff: {
        llm: { model: "openai/gpt-4o", api_key: modelKey, base_url: stage.model.url, litellm_extra_body: { a: 1, b: 2 } },
        tools: [{ name: "terminal" }],
      },
      misc_settings_diff: { ui: { theme: "dark", gone: 1 } },
    });
    assert.equal(first.status, 200);
    assert.equal(first.json.llm_api_key_is_set, true);
    const second = await patch({
      agent_settings_diff: { llm: { litellm_extra_body: { a: null } }, tools: [{ name: "file_editor" }] },
      conversation_settings_diff: { max_iterations: 50 },
      misc_settings_diff: { ui: { gone: null } },
    });
    const { agent_settings, conversation_settings, misc_settings } = second.json;
    assert.deepEqual([agent_settings.llm.model, agent_settings.llm.litellm_extra_body], ["openai/gpt-4o", { b: 2 }]);
    assert.deepEqual(
      agent_settings.tools.map(({ name }: { name: string }) => name),
      ["file_editor"],
    );
    assert.deepEqual([conversation_settings.max_iterations, misc_settings.ui], [50, { theme: "dark" }]);
    assert.equal((await patch({ agent_settings_diff: { tools: null } })).json.agent_settings.tools, null);
    const diff: AgentServerSettingsPatchRequest = { conversation_settings_diff: { confirmation_mode: true } };
    const typed = await settings().updateSettings(diff);
    assert.equal((typed.conversation_settings as unknown as { confirmation_mode: boolean }).confirmation_mode, true);
    for (const wrong of [
      { conversation_settings_diff: { max_iterations: "many" } },
      { agent_settings_diff: 5 },
      { conversation_settings_diff: { max_iterations: null } },
    ])
      assert.equal((await patch(wrong)).status, 422, JSON.stringify(wrong));
    assert.equal((await patch({ active_profile: "never" })).status, 404);
  });

  it("exposes a secret only as it is asked for", async () => {
    const read = (mode?: string) => stage.wire("GET", "/api/settings", undefined, mode === undefined ? {} : { "x-expose-secrets": mode });
    const keyOf = async (mode?: string) => (await read(mode)).json.agent_settings.llm.api_key;
    assert.ok([null, "**********"].includes(await keyOf()));
    for (const mode of ["encrypted", "true"]) assert.match(await keyOf(mode), /^gAAAAA/);
    assert.equal(await keyOf("plaintext"), modelKey);
    assert.equal((await read("yes")).status, 400);
    const typed = await settings().getSettings({ exposeSecrets: "encrypted" });
    assert.equal(typed.llm_api_key_is_set, true);
    const encrypted = await keyOf("encrypted");
    for (const again of ["**********", encrypted]) {
      await patch({ agent_settings_diff: { llm: { api_key: again, temperature: 0.5 } } });
      if (again === encrypted) assert.equal(await keyOf("plaintext"), modelKey);
      else await patch({ agent_settings_diff: { llm: { api_key: modelKey } } });
    }
  });

  it("keeps nothing readable on the disk, and everything over a restart", async () => {
    await settings().upsertSecret({ name: "DEPLOY", value: "deploy-very-secret", description: "For deploys" });
    await stage.client.profiles.saveProfile("disk", { llm: stage.model.llm(), include_secrets: true });
    for (const entry of await readdir(stage.dataFolder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = await readFile(path.join(entry.parentPath, entry.name), "latin1");
      for (const secret of [modelKey, "deploy-very-secret"]) assert.ok(!text.includes(secret), entry.name);
    }
    await stage.restart();
    assert.equal(
      (await stage.wire("GET", "/api/settings", undefined, { "x-expose-secrets": "plaintext" })).json.agent_settings.llm.api_key,
      modelKey,
    );
    assert.deepEqual(await stage.wire("GET", "/api/settings/secrets/DEPLOY"), { status: 200, json: "deploy-very-secret" });
  });

  it("keeps secrets by name", async () => {
    assert.deepEqual(await settings().upsertSecret({ name: "API_TOKEN", value: "v1", description: "A token" }), {
      name: "API_TOKEN",
      description: "A token",
    });
    await settings().upsertSecret({ name: "API_TOKEN", value: "v2" });
    assert.equal(await settings().getSecret("API_TOKEN"), "v2");
    const { secrets } = await settings().listSecrets();
    assert.ok(secrets.some(({ name }) => name === "API_TOKEN"));
    assert.doesNotMatch(JSON.stringify(secrets), /v2/);
    assert.deepEqual(await settings().deleteSecret("API_TOKEN"), { deleted: true });
    assert.equal(await refusal(settings().getSecret("API_TOKEN")), 404);
    assert.equal(await refusal(settings().deleteSecret("API_TOKEN")), 404);
    for (const name of ["1A", "A-B", "", "A".repeat(65)])
      assert.equal((await stage.wire("PUT", "/api/settings/secrets", { name, value: "x" })).status, 422, name);
  });

  it("keeps MCP servers", async () => {
    const created = await stage.wire("POST", "/api/settings/mcp/files", {
      command: "node",
      args: ["server.mjs"],
      env: { TOKEN: "mcp-very-secret" },
    });
    assert.equal(created.status, 201);
    assert.equal(created.json.agent_settings.mcp_config.files.command, "node");
    assert.doesNotMatch(JSON.stringify(created.json), /mcp-very-secret/);
    assert.equal((await stage.wire("POST", "/api/settings/mcp/files", { command: "node" })).status, 409);
    await settings().createMcpServer("other", { command: "node", args: [] } as never);
    await settings().patchMcpServer("other", { args: ["x"] });
    assert.deepEqual((await stage.wire("GET", "/api/settings")).json.agent_settings.mcp_config.other.args, ["x"]);
    await settings().deleteMcpServer("other");
    assert.equal(await refusal(settings().deleteMcpServer("other")), 404);
    assert.equal(await refusal(settings().patchMcpServer("other", {})), 404);
  });
});

describe("profiles, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const profiles = () => stage.client.profiles;

  it("saves, reads without the key, activates, renames and deletes, and the pointer follows", async () => {
    const saved = await stage.wire("POST", "/api/profiles/first", { llm: stage.model.llm() });
    assert.deepEqual([saved.status, saved.json.name, typeof saved.json.message], [201, "first", "string"]);
    const one = await profiles().getProfile("first");
    assert.deepEqual([one.name, (one.config as { api_key: unknown }).api_key, one.api_key_set], ["first", null, true]);
    const active = await profiles().activateProfile("first");
    assert.deepEqual([active.name, active.llm_applied], ["first", true]);
    assert.equal((await stage.wire("GET", "/api/settings")).json.agent_settings.llm.model, "openai/gpt-4o");
    assert.equal((await profiles().renameProfile("first", "second")).name, "second");
    const list = await stage.wire("GET", "/api/profiles");
    assert.equal(list.json.active_profile, "second");
    assert.deepEqual(list.json.profiles, [
      {
        name: "second",
        model: "openai/gpt-4o",
        base_url: stage.model.url,
        provider_connection_id: null,
        provider_connection_broken: false,
        api_key_set: true,
      },
    ]);
    assert.equal((await profiles().listProfiles()).profiles.length, 1);
    await profiles().saveProfile("third", { llm: stage.model.llm(), include_secrets: false });
    assert.equal((await profiles().getProfile("third")).api_key_set, false);
    assert.equal(await refusal(profiles().renameProfile("third", "second")), 409);
    assert.equal(await refusal(profiles().renameProfile("never", "x")), 404);
    for (let times = 0; times < 2; times++) await profiles().deleteProfile("second");
    assert.deepEqual((await profiles().listProfiles()).active_profile, null);
    assert.equal(await refusal(profiles().getProfile("second")), 404);
    assert.equal(await refusal(profiles().activateProfile("second")), 404);
    for (const name of ["-x", ".x", "x".repeat(65), "a%2Fb"])
      assert.equal((await stage.wire("POST", `/api/profiles/${name}`, { llm: stage.model.llm() })).status, 422, name);
  });

  it("says whether a profile would work", async () => {
    assert.deepEqual(await profiles().validateProfile("x", { llm: stage.model.llm(), include_secrets: true }), {
      valid: true,
      error: null,
    });
    const broken = await profiles().validateProfile("x", {
      llm: stage.model.llm({ base_url: `${stage.model.url}/nowhere` }),
      include_secrets: true,
    });
    assert.deepEqual([broken.valid, typeof broken.error?.message], [false, "string"]);
  });

  it("is the same by the settings' client", async () => {
    const { settings } = stage.client;
    await settings.saveProfile("old", { llm: stage.model.llm(), include_secrets: true });
    assert.equal((await settings.getProfile("old")).api_key_set, true);
    await settings.renameProfile("old", "new");
    assert.ok((await settings.listProfiles()).profiles.some(({ name }) => name === "new"));
    await settings.deleteProfile("new");
  });

  it("keeps agent profiles: a first one by itself, saved, renamed, activated, materialized and deleted", async () => {
    const { agentProfiles } = stage.client;
    const first = await agentProfiles.listAgentProfiles();
    assert.deepEqual(
      first.profiles.map(({ name }) => name),
      ["default"],
    );
    assert.equal(first.active_agent_profile_id, first.profiles[0]!.id);
    await profiles().saveProfile("forAgents", { llm: stage.model.llm(), include_secrets: true });
    const profile = { agent_kind: "openhands", llm_profile_ref: "forAgents" };
    const saved = await stage.wire("POST", "/api/agent-profiles/mine", profile);
    assert.deepEqual([saved.status, saved.json.name], [201, "mine"]);
    await agentProfiles.saveAgentProfile("mine", profile as never);
    const detail = await agentProfiles.getAgentProfile("mine");
    const kept = detail.profile as unknown as { id: string; revision: number; llm_profile_ref: string };
    assert.deepEqual([detail.name, kept.llm_profile_ref], ["mine", "forAgents"]);
    assert.ok(kept.revision >= 1);
    assert.deepEqual(
      await agentProfiles.activateAgentProfile(kept.id).then(({ id, agent_settings_applied }) => [id, agent_settings_applied]),
      [kept.id, false],
    );
    assert.equal(await refusal(profiles().deleteProfile("forAgents")), 409);
    await agentProfiles.renameAgentProfile("mine", "ours");
    assert.equal(typeof (await agentProfiles.materializeAgentProfile("ours")), "object");
    const info = await stage.conversation({ agent: undefined, agent_profile_id: kept.id });
    assert.equal((await stage.client.conversations.getConversation(info)).agent.llm.model, "openai/gpt-4o");
    assert.deepEqual(
      ((await stage.client.conversations.getConversation(info))["launched_agent_profile"] as { agent_profile_id: string }).agent_profile_id,
      kept.id,
    );
    await agentProfiles.deleteAgentProfile("ours");
    assert.equal(await refusal(agentProfiles.getAgentProfile("ours")), 404);
  });
});
