import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cipherOf } from "../../../../src/server/secrets/cipher.ts";
import { lookupsOf } from "../../../../src/server/settings/lookups.ts";
import { filesBelow, type ServedStores, serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const key = { secretKey: "the key" };
const at = "/api/agent-profiles";
const llm = { model: "m", api_key: "sk-planted" };
const openhands = { agent_kind: "openhands", llm_profile_ref: "fast" };
const refusal = (status: number) => (error: unknown) => error instanceof Error && "status" in error && error.status === status;

async function idOf({ ask }: ServedStores, name: string): Promise<string> {
  return (await ask("GET", `${at}/${name}`)).body.profile.id;
}

describe("agent profiles", () => {
  it("§2.8 begin with one of the settings, once, even when many ask at once", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    await ask("PATCH", "/api/settings", {
      agent_settings_diff: { llm, tools: [{ name: "grep" }], agent_context: { system_message_suffix: "Be kind." } },
    });
    const lists = await Promise.all(Array.from({ length: 5 }, async () => (await ask("GET", at)).body));
    const [first] = lists;
    for (const list of lists) deepEqual(list, first);
    const { id } = first.profiles[0];
    deepEqual(first, {
      profiles: [{ id, name: "default", agent_kind: "openhands", revision: 0, llm_profile_ref: "default", mcp_server_refs: null }],
      active_agent_profile_id: id,
    });
    const { profile } = (await ask("GET", `${at}/default`)).body;
    deepEqual(
      [profile.tools, profile.system_message_suffix, profile.verification.critic_api_key],
      [[{ name: "grep", params: {} }], "Be kind.", undefined],
    );
    deepEqual(
      (await ask("GET", "/api/profiles")).body.profiles.map(({ name }: { name: string }) => name),
      ["default"],
    );
    equal((await ask("DELETE", `${at}/default`)).status, 200);
    equal((await ask("GET", "/api/settings")).body.active_agent_profile_id, null);
  });

  it("§2.8 begin without a model of their own where nobody has set one up, and without anything on damaged settings", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    await writeFile(join(folder.path, "settings.json"), "{");
    equal((await ask("GET", at)).status, 200);
    equal((await filesBelow(folder.path))["settings.json"], "{");
    await using other = await tempFolder();
    const fresh = serveStores(other.path, key);
    equal((await fresh.ask("GET", at)).body.profiles[0].llm_profile_ref, "default");
    deepEqual((await fresh.ask("GET", "/api/profiles")).body.profiles, []);
  });

  it("§2.8 keep their id when they are saved over or renamed; the revision counts what was saved", async () => {
    await using folder = await tempFolder();
    const served = serveStores(folder.path, key);
    const { ask } = served;
    const made = await ask("POST", `${at}/work`, {
      ...openhands,
      id: "11111111-1111-1111-1111-111111111111",
      revision: 9,
      name: "other",
      unknown: 1,
      skills: [{}],
    });
    deepEqual(made, { status: 201, body: { name: "work", message: "Agent profile 'work' saved" } });
    const { profile } = (await ask("GET", `${at}/work`)).body;
    deepEqual([profile.name, profile.revision, profile.schema_version, profile.skills], ["work", 0, 2, undefined]);
    ok(profile.id !== "11111111-1111-1111-1111-111111111111");
    await ask("POST", `${at}/work`, { ...openhands, disabled_skills: ["x"] });
    const again = (await ask("GET", `${at}/work`)).body.profile;
    deepEqual([again.id, again.revision, again.disabled_skills], [profile.id, 1, ["x"]]);
    await ask("POST", `${at}/${profile.id}/activate`);
    deepEqual((await ask("POST", `${at}/work/rename`, { new_name: "job" })).body.name, "job");
    deepEqual([await idOf(served, "job"), (await ask("GET", "/api/settings")).body.active_agent_profile_id], [profile.id, profile.id]);
    equal((await ask("GET", `${at}/work`)).status, 404);
    await ask("POST", `${at}/work`, openhands);
    equal((await ask("POST", `${at}/work/rename`, { new_name: "job" })).status, 409);
    equal((await ask("POST", `${at}/missing/rename`, { new_name: "x" })).status, 404);
  });

  it("§2.8 refuse what is no profile (422), and more than fifty (409)", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    deepEqual((await ask("POST", `${at}/a`, { agent_kind: "openhands" })).body.detail[0].loc, ["body", "llm_profile_ref"]);
    for (const body of [{ agent_kind: "other" }, { ...openhands, tools: "all" }, { ...openhands, tool_concurrency_limit: 0 }])
      equal((await ask("POST", `${at}/a`, body)).status, 422);
    equal((await ask("POST", `${at}/a%20b`, openhands)).status, 422);
    for (let count = 0; count < 50; count++) equal((await ask("POST", `${at}/p${count}`, openhands)).status, 201);
    equal((await ask("POST", `${at}/one-more`, openhands)).status, 409);
  });

  it("§2.8 follow their LLM profile to its new name, and keep it from being deleted", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    await ask("POST", "/api/profiles/fast", { llm });
    await ask("POST", `${at}/work`, openhands);
    const { status, body } = await ask("DELETE", "/api/profiles/fast");
    equal(status, 409);
    match(body.detail, /work/);
    await ask("POST", "/api/profiles/fast/rename", { new_name: "quick" });
    const { profile } = (await ask("GET", `${at}/work`)).body;
    deepEqual([profile.llm_profile_ref, profile.revision], ["quick", 0]);
    await ask("DELETE", `${at}/work`);
    equal((await ask("DELETE", `${at}/work`)).status, 200);
    equal((await ask("DELETE", "/api/profiles/quick")).status, 200);
  });

  it("§2.8 are only pointed to when they are activated", async () => {
    await using folder = await tempFolder();
    const served = serveStores(folder.path, key);
    const { ask } = served;
    await ask("POST", "/api/profiles/fast", { llm });
    await ask("POST", `${at}/work`, openhands);
    const id = await idOf(served, "work");
    const before = (await ask("GET", "/api/settings")).body;
    const answer = await ask("POST", `${at}/${id}/activate`);
    deepEqual(answer, { status: 200, body: { id, message: `Agent profile '${id}' activated`, agent_settings_applied: false } });
    deepEqual((await ask("GET", "/api/settings")).body, { ...before, active_agent_profile_id: id });
    equal((await ask("POST", `${at}/work/activate`)).status, 404);
  });

  it("§2.8 are materialized without secrets, and say what leads nowhere", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { ...key, skills: ["a", "b"] });
    await ask("PATCH", "/api/settings", {
      agent_settings_diff: { mcp_config: { one: { command: "x", env: { T: "t-planted" } }, two: { url: "http://t" } } },
    });
    await ask("POST", `${at}/work`, { ...openhands, mcp_server_refs: ["one", "gone", "gone"], disabled_skills: ["b", "c"] });
    const broken = await ask("POST", `${at}/work/materialize`);
    const { valid, dangling_mcp_server_refs: dangling, resolved_settings: settings, errors, resolved_skills: skills } = broken.body;
    deepEqual([broken.status, valid, dangling, settings, errors.length, skills], [200, false, ["gone"], null, 2, ["a"]]);
    await ask("POST", "/api/profiles/fast", { llm });
    await ask("POST", `${at}/work`, { ...openhands, mcp_server_refs: ["one"], system_message_suffix: "Hi" });
    const { body } = await ask("POST", `${at}/work/materialize`);
    deepEqual(
      [body.valid, body.errors, body.llm_profile_resolved, body.llm_api_key_set, body.resolved_mcp_config_keys],
      [true, [], true, true, ["one"]],
    );
    const { llm: shown, mcp_config, agent_context } = body.resolved_settings;
    deepEqual(
      [shown.api_key, Object.keys(mcp_config), mcp_config.one.env, agent_context.system_message_suffix],
      ["**********", ["one"], { T: "**********" }, "Hi"],
    );
    equal((await ask("POST", `${at}/missing/materialize`)).status, 404);
  });

  it("§2.2 start conversations with what they refer to now: streaming, with keys, tools and condenser of §5.1", async () => {
    await using folder = await tempFolder();
    const served = serveStores(folder.path, key);
    const { ask } = served;
    const { agentProfile } = lookupsOf(served.stores);
    await ask("POST", `${at}/work`, { ...openhands, enable_sub_agents: true, condenser: { max_size: 30 } });
    const id = await idOf(served, "work");
    await rejects(agentProfile(id), refusal(404));
    await ask("POST", "/api/profiles/fast", { llm });
    const launched = await agentProfile(id);
    deepEqual(launched?.launched, { agent_profile_id: id, revision: 0 });
    const { agent } = launched ?? {};
    deepEqual(
      [agent?.llm.api_key, agent?.llm.stream, agent?.tools.map(({ name }) => name)],
      ["sk-planted", true, ["terminal", "file_editor", "task_tracker", "task_tool_set"]],
    );
    deepEqual(
      [agent?.condenser?.max_size, agent?.condenser?.llm?.usage_id, agent?.condenser?.llm?.api_key],
      [30, "condenser", "sk-planted"],
    );
    deepEqual(
      [agent?.agent_context?.load_project_skills, agent?.include_default_tools],
      [true, ["FinishTool", "ThinkTool", "SwitchLLMTool"]],
    );
    equal(await agentProfile("11111111-1111-1111-1111-111111111111"), undefined);
    await ask("POST", `${at}/work`, { ...openhands, mcp_server_refs: ["gone"] });
    await rejects(
      agentProfile(id),
      (error) => refusal(422)(error) && JSON.stringify(error).includes('"dangling_mcp_server_refs":["gone"]'),
    );
    await ask("POST", `${at}/foreign`, { agent_kind: "acp", acp_server: "codex" });
    await rejects(agentProfile(await idOf(served, "foreign")), refusal(501));
  });
});

describe("agents of settings", () => {
  it("§2.7 have the usual tools where none are said, none where the list is empty, and no condenser where it is off", async () => {
    await using folder = await tempFolder();
    const { stores } = serveStores(folder.path, key);
    const { agentOfSettings } = lookupsOf(stores);
    const usual = await agentOfSettings({ llm: { model: "m", api_key: cipherOf("the key").encrypt("sk-secret") } });
    deepEqual(
      [usual.tools.map(({ name }) => name), usual.llm.api_key, usual.condenser?.kind],
      [["terminal", "file_editor", "task_tracker"], "sk-secret", "LLMSummarizingCondenser"],
    );
    const bare = await agentOfSettings({ llm: { model: "m" }, tools: [], condenser: { enabled: false }, enable_switch_llm_tool: false });
    deepEqual([bare.tools, bare.condenser, bare.include_default_tools], [[], null, ["FinishTool", "ThinkTool"]]);
    equal((await agentOfSettings({ llm: { model: "m" }, condenser: { condenser_kind: "no_op" } })).condenser, null);
    await rejects(agentOfSettings({ llm: {} }), refusal(422));
    await rejects(agentOfSettings({ agent_kind: "acp" }), refusal(501));
  });
});
