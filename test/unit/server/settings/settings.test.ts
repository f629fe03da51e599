import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cipherOf } from "../../../../src/server/secrets/cipher.ts";
import { serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const encrypted = { "x-expose-secrets": "encrypted" };
const plaintext = { "x-expose-secrets": "plaintext" };

describe("settings of a server", () => {
  it("§2.7 begin with the protocol's defaults", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const { status, body } = await ask("GET", "/api/settings");
    equal(status, 200);
    const { agent_settings: agent, ...rest } = body;
    deepEqual(rest, {
      conversation_settings: { schema_version: 1, max_iterations: 500, confirmation_mode: false, security_analyzer: "llm" },
      llm_api_key_is_set: false,
      active_profile: null,
      active_agent_profile_id: null,
      misc_settings: {},
    });
    const { llm, agent_context: context, condenser, verification, ...flat } = agent;
    deepEqual(flat, {
      schema_version: 5,
      agent_kind: "openhands",
      agent: "CodeActAgent",
      tools: null,
      enable_sub_agents: false,
      enable_switch_llm_tool: true,
      tool_concurrency_limit: 1,
      mcp_config: {},
    });
    deepEqual(condenser, {
      enabled: true,
      condenser_kind: "llm_summarizing",
      max_size: 240,
      max_tokens: null,
      keep_first: 2,
      minimum_progress: 0.1,
      hard_context_reset_max_retries: 5,
      hard_context_reset_context_scaling: 0.8,
    });
    equal(verification.critic_mode, "finish_and_message");
    deepEqual(context.skills, []);
    deepEqual([llm.api_key, llm.usage_id, llm.num_retries, llm.base_url], [null, "default", 5, null]);
  });

  it("§10.70 merge at any depth: a nested null takes an entry out, a null at the top is a value, lists replace", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const patch = async (body: object) => ask("PATCH", "/api/settings", body);
    await patch({
      agent_settings_diff: {
        llm: { model: "openai/gpt-5.5", base_url: "http://127.0.0.1:1/v1" },
        tools: [{ name: "terminal" }, { name: "grep" }],
        mcp_config: { one: { command: "one", env: { A: "a", B: "b" } }, two: { url: "http://two" } },
      },
      misc_settings_diff: { app: { theme: "dark", list: [1, 2] }, __proto__: { x: 1 } },
    });
    const { body } = await patch({
      agent_settings_diff: {
        llm: { base_url: null },
        tools: null,
        mcp_config: { one: { env: { A: null } }, two: null, three: { command: "x", env: { Y: null } } },
      },
      conversation_settings_diff: { security_analyzer: null },
      misc_settings_diff: { app: { list: [3], theme: null }, other: null },
    });
    const { llm, tools, mcp_config } = body.agent_settings;
    deepEqual([llm.model, llm.base_url, tools], ["openai/gpt-5.5", null, null]);
    deepEqual(mcp_config, { one: { command: "one", env: { B: "**********" } }, three: { command: "x", env: {} } });
    equal(body.conversation_settings.security_analyzer, null);
    deepEqual(body.misc_settings, { app: { list: [3] }, other: null });
    const refused = await patch({ conversation_settings_diff: { confirmation_mode: null } });
    equal(refused.status, 422);
    deepEqual(refused.body.detail[0].loc, ["body", "conversation_settings_diff", "confirmation_mode"]);
    deepEqual((await ask("GET", "/api/settings")).body, body);
  });

  it("§10.70 refuse an empty patch with 400, and take all of a patch or nothing", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    for (const empty of [{}, undefined, { agent_settings_diff: null }, { unknown: 1 }])
      equal((await ask("PATCH", "/api/settings", empty)).status, 400);
    const half = {
      agent_settings_diff: { agent: "Other" },
      conversation_settings_diff: { max_iterations: 0 },
      misc_settings_diff: { a: 1 },
    };
    equal((await ask("PATCH", "/api/settings", half)).status, 422);
    const { body } = await ask("GET", "/api/settings");
    deepEqual([body.agent_settings.agent, body.misc_settings], ["CodeActAgent", {}]);
    equal((await ask("PATCH", "/api/settings", { active_agent_profile_id: "no id" })).status, 422);
    equal((await ask("PATCH", "/api/settings", { active_profile: "missing" })).status, 404);
    equal((await ask("PATCH", "/api/settings", { active_profile: null })).status, 200);
  });

  it("begin anew when the kind of agent changes", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    await ask("PATCH", "/api/settings", { agent_settings_diff: { llm: { model: "m", api_key: "sk-planted" } } });
    const acp = await ask("PATCH", "/api/settings", { agent_settings_diff: { agent_kind: "acp", acp_server: "codex", acp_args: ["-v"] } });
    deepEqual([acp.status, acp.body.agent_settings.acp_server, acp.body.llm_api_key_is_set], [200, "codex", false]);
    deepEqual(acp.body.agent_settings.acp_args, ["-v"]);
    const back = await ask("PATCH", "/api/settings", { agent_settings_diff: { agent_kind: "openhands" } });
    deepEqual([back.body.agent_settings.acp_server, back.body.agent_settings.agent], [undefined, "CodeActAgent"]);
  });

  it("§1.2 hide secrets as the request asks: redacted, encrypted, in plain text, or not at all understood", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    const mcp = {
      a: { url: "http://a", headers: { "X-Any": "h-planted" }, auth: { strategy: "bearer", value: "v-planted" } },
      b: { command: "b", env: { ANY: "e-planted" } },
    };
    const llm = { model: "m", api_key: "sk-planted", aws_session_token: "aws-planted", extra_headers: { "X-Tenant": "x-planted" } };
    const patched = await ask("PATCH", "/api/settings", { agent_settings_diff: { llm, mcp_config: mcp } });
    ok(patched.body.llm_api_key_is_set);
    const secretsOf = async (headers: Record<string, string>): Promise<string[]> => {
      const { llm: shown, mcp_config: servers } = (await ask("GET", "/api/settings", undefined, headers)).body.agent_settings;
      const ofServers = [servers.a.headers["X-Any"], servers.a.auth.value, servers.b.env.ANY];
      return [shown.api_key, shown.aws_session_token, shown.extra_headers["X-Tenant"], ...ofServers];
    };
    const values = ["sk-planted", "aws-planted", "x-planted", "h-planted", "v-planted", "e-planted"];
    deepEqual(
      await secretsOf({}),
      values.map(() => "**********"),
    );
    deepEqual(await secretsOf(plaintext), values);
    for (const header of ["encrypted", "true", " Encrypted "]) {
      const tokens = await secretsOf({ "x-expose-secrets": header });
      for (const token of tokens) match(token, /^gAAAAA/);
      deepEqual(
        tokens.map((token) => cipherOf("the key").decrypt(token)),
        values,
      );
    }
    equal((await ask("GET", "/api/settings", undefined, { "x-expose-secrets": "yes" })).status, 400);
    const { ask: askWithoutKey } = serveStores(folder.path);
    equal((await askWithoutKey("GET", "/api/settings", undefined, encrypted)).status, 503);
  });

  it("§10.29 take encrypted secrets back, and keep what a hidden one stands for", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, { secretKey: "the key" });
    const patch = async (llm: object) => ask("PATCH", "/api/settings", { agent_settings_diff: { llm } });
    const keyNow = async () => (await ask("GET", "/api/settings", undefined, plaintext)).body.agent_settings.llm.api_key;
    await patch({ model: "m", api_key: "sk-planted" });
    const { body: shown } = await ask("GET", "/api/settings", undefined, encrypted);
    equal((await patch(shown.agent_settings.llm)).status, 200);
    equal(await keyNow(), "sk-planted");
    await patch({ model: "other", api_key: "**********" });
    equal(await keyNow(), "sk-planted");
    const foreign = await patch({ api_key: cipherOf("another key").encrypt("sk-other") });
    equal(foreign.status, 422);
    equal(await keyNow(), "sk-planted");
    for (const none of ["", "  ", null]) {
      await patch({ api_key: "sk-planted" });
      await patch({ api_key: none });
      equal(await keyNow(), null);
    }
  });

  it("survive a restart, private and encrypted; with another key the secrets are not there, and not lost", async () => {
    await using folder = await tempFolder();
    const first = serveStores(join(folder.path, "data"), { secretKey: "the key" });
    await first.ask("PATCH", "/api/settings", { agent_settings_diff: { llm: { model: "m", api_key: "sk-planted" } } });
    const file = join(folder.path, "data", "settings.json");
    equal((await stat(file)).mode & 0o777, 0o600);
    equal((await stat(join(folder.path, "data"))).mode & 0o777, 0o700);
    match(await readFile(file, "utf8"), /"api_key": "gAAAAA/);
    const keyOf = async ({ ask }: Pick<typeof first, "ask">) =>
      (await ask("GET", "/api/settings", undefined, plaintext)).body.agent_settings.llm.api_key;
    equal(await keyOf(serveStores(join(folder.path, "data"), { secretKey: "the key" })), "sk-planted");
    for (const other of [{ secretKey: "another" }, {}]) {
      const { ask } = serveStores(join(folder.path, "data"), other);
      const { body } = await ask("PATCH", "/api/settings", { misc_settings_diff: { a: 1 } });
      equal(body.llm_api_key_is_set, false);
      equal(await keyOf({ ask }), null);
    }
    equal(await keyOf(serveStores(join(folder.path, "data"), { secretKey: "the key" })), "sk-planted");
  });

  it("without a secret key lose their secrets with the process, and write none that can be read", async () => {
    await using folder = await tempFolder();
    const first = serveStores(folder.path);
    await first.ask("PATCH", "/api/settings", { agent_settings_diff: { llm: { model: "m", api_key: "sk-planted" } } });
    equal((await first.ask("GET", "/api/settings", undefined, plaintext)).body.agent_settings.llm.api_key, "sk-planted");
    ok(!(await readFile(join(folder.path, "settings.json"), "utf8")).includes("sk-planted"));
    await first.ask("PATCH", "/api/settings", { misc_settings_diff: { ui: { hotKey: "ctrl+k" } } });
    const { body } = await serveStores(folder.path).ask("GET", "/api/settings");
    deepEqual([body.agent_settings.llm.model, body.llm_api_key_is_set, body.misc_settings], ["m", false, { ui: { hotKey: "ctrl+k" } }]);
  });

  it("§2.7 keep a damaged file as it is: reading gives the defaults, and writing is refused with 409", async () => {
    await using folder = await tempFolder();
    const damaged = ['{"agent_settings": {', "[]", '{"agent_settings": {"schema_version": 99}}', '{"active_profile": 7}'];
    for (const text of damaged) {
      const file = join(folder.path, "settings.json");
      await writeFile(file, text);
      const { ask } = serveStores(folder.path);
      equal((await ask("GET", "/api/settings")).body.agent_settings.agent, "CodeActAgent");
      const { status, body } = await ask("PATCH", "/api/settings", { misc_settings_diff: { a: 1 } });
      deepEqual([status, /settings\.json.*left as it is/.test(body.detail)], [409, true]);
      equal(await readFile(file, "utf8"), text);
    }
  });

  it("§2.7 take MCP servers one at a time", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const made = await ask("POST", "/api/settings/mcp/git%20hub", { command: "gh", env: { TOKEN: "t-planted" } });
    deepEqual([made.status, made.body.agent_settings.mcp_config], [201, { "git hub": { command: "gh", env: { TOKEN: "**********" } } }]);
    equal((await ask("POST", "/api/settings/mcp/git%20hub", { command: "gh" })).status, 409);
    const patched = await ask("PATCH", "/api/settings/mcp/git%20hub", { args: ["mcp"], env: { TOKEN: "**********", MORE: "m-planted" } });
    deepEqual(patched.body.agent_settings.mcp_config["git hub"].args, ["mcp"]);
    const { body } = await ask("GET", "/api/settings", undefined, plaintext);
    deepEqual(body.agent_settings.mcp_config["git hub"].env, { TOKEN: "t-planted", MORE: "m-planted" });
    equal((await ask("PATCH", "/api/settings/mcp/other", {})).status, 404);
    equal((await ask("DELETE", "/api/settings/mcp/git%20hub")).status, 200);
    equal((await ask("DELETE", "/api/settings/mcp/git%20hub")).status, 404);
  });

  it("§2.7 describe their fields for forms, with the defaults that they have", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const { body: settings } = await ask("GET", "/api/settings");
    const { body: agent } = await ask("GET", "/api/settings/agent-schema");
    const { body: conversation } = await ask("GET", "/api/settings/conversation-schema");
    deepEqual([agent.model_name, conversation.model_name], ["AgentSettings", "ConversationSettings"]);
    deepEqual(
      agent.sections.map(({ key }: { key: string }) => key),
      ["general", "llm", "agent_context", "condenser", "verification", "acp"],
    );
    deepEqual(
      conversation.sections.map(({ key }: { key: string }) => key),
      ["general", "verification"],
    );
    for (const [schema, kept] of [
      [agent, settings.agent_settings],
      [conversation, settings.conversation_settings],
    ]) {
      for (const { key, section, fields, variant: _ } of schema.sections) {
        for (const field of key === "acp" ? [] : fields) {
          const at = field.key.split(".").reduce((value: Record<string, unknown>, name: string) => value?.[name], kept);
          deepEqual(at ?? (field.default === false ? false : null), field.default, field.key);
          deepEqual([field.section, field.section_label.length > 0], [section ?? key, true]);
        }
      }
    }
    const secrets = agent.sections.flatMap(({ fields }: { fields: { key: string; secret: boolean }[] }) =>
      fields.filter(({ secret }) => secret).map(({ key }) => key),
    );
    deepEqual(secrets, [
      "llm.api_key",
      "llm.aws_access_key_id",
      "llm.aws_secret_access_key",
      "llm.aws_session_token",
      "verification.critic_api_key",
    ]);
  });

  it("refuse more than they keep", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const statuses: number[] = [];
    for (let count = 0; count < 7; count++)
      statuses.push((await ask("PATCH", "/api/settings", { misc_settings_diff: { [`n${count}`]: "x".repeat(900_000) } })).status);
    deepEqual(statuses, [200, 200, 200, 200, 200, 413, 413]);
    equal(Object.keys((await ask("GET", "/api/settings")).body.misc_settings).length, 5);
  });
});
