import { deepEqual, equal, match, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Llm } from "../../../../src/llm/llm.ts";
import { LlmError, type LlmErrorCode } from "../../../../src/llm/llmError.ts";
import type { LlmConfig } from "../../../../src/protocol/agentServer/agent.ts";
import { cipherOf } from "../../../../src/server/secrets/cipher.ts";
import { filesBelow, serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const key = { secretKey: "the key" };
const llm = {
  model: "openai/gpt-5.5",
  api_key: "sk-planted",
  base_url: "http://127.0.0.1:1/v1",
  temperature: 0.5,
  unknown_field: { kept: true },
};
const exposing = (mode: string) => ({ "x-expose-secrets": mode });

describe("LLM profiles", () => {
  it("§2.8 are saved, listed and read; a key is null unless it is asked for", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    deepEqual((await ask("GET", "/api/profiles")).body, { profiles: [], active_profile: null });
    deepEqual(await ask("POST", "/api/profiles/fast", { llm }), { status: 201, body: { name: "fast", message: "Profile 'fast' saved" } });
    await ask("POST", "/api/profiles/bare", { llm, include_secrets: false });
    const ofFast = { model: llm.model, base_url: llm.base_url, provider_connection_id: null, provider_connection_broken: false };
    deepEqual((await ask("GET", "/api/profiles")).body.profiles, [
      { name: "bare", ...ofFast, api_key_set: false },
      { name: "fast", ...ofFast, api_key_set: true },
    ]);
    const { body } = await ask("GET", "/api/profiles/fast");
    const { model, api_key, temperature, unknown_field, usage_id } = body.config;
    deepEqual(
      [body.name, body.api_key_set, model, api_key, temperature, unknown_field, usage_id],
      ["fast", true, llm.model, null, 0.5, { kept: true }, "default"],
    );
    equal((await ask("GET", "/api/profiles/fast", undefined, exposing("plaintext"))).body.config.api_key, "sk-planted");
    const token = (await ask("GET", "/api/profiles/fast", undefined, exposing("encrypted"))).body.config.api_key;
    equal(cipherOf("the key").decrypt(token), "sk-planted");
    equal((await ask("GET", "/api/profiles/fast", undefined, exposing("all"))).status, 400);
    equal((await serveStores(folder.path).ask("GET", "/api/profiles/fast", undefined, exposing("encrypted"))).status, 503);
    equal((await ask("GET", "/api/profiles/missing")).status, 404);
  });

  it("are found by their names only, which lead nowhere else", async () => {
    await using folder = await tempFolder();
    const { ask, stores } = serveStores(folder.path, key);
    await writeFile(join(folder.path, "elsewhere.json"), JSON.stringify({ model: "m" }));
    equal(await stores.profiles.llmOf("../elsewhere"), undefined);
    equal((await ask("PATCH", "/api/settings", { active_profile: "../elsewhere" })).status, 404);
  });

  it("§10.29 decrypt an encrypted key when they are saved; plain text passes", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    const keyOf = async (name: string) => (await ask("GET", `/api/profiles/${name}`, undefined, exposing("plaintext"))).body.config.api_key;
    await ask("POST", "/api/profiles/one", { llm: { ...llm, api_key: cipherOf("the key").encrypt("sk-secret") } });
    await ask("POST", "/api/profiles/two", { llm });
    deepEqual([await keyOf("one"), await keyOf("two")], ["sk-secret", "sk-planted"]);
    equal((await ask("POST", "/api/profiles/two", { llm: { ...llm, api_key: cipherOf("x").encrypt("y") } })).status, 422);
    for (const none of ["", " ", "**********", null]) {
      await ask("POST", "/api/profiles/one", { llm: { ...llm, api_key: none } });
      equal(await keyOf("one"), null);
    }
  });

  it("§2.8 refuse names that are none, a model without a name, and more than fifty", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    for (const name of ["-a", ".a", "a b", "ü", "a".repeat(65), "..%2f..%2fx"])
      equal((await ask("POST", `/api/profiles/${name}`, { llm })).status, 422, name);
    const { status, body } = await ask("POST", "/api/profiles/a", { llm: { api_key: "sk-planted" } });
    deepEqual([status, body.detail[0].loc, body.detail[0].type], [422, ["body", "llm", "model"], "missing"]);
    for (let count = 0; count < 50; count++) equal((await ask("POST", `/api/profiles/p${count}`, { llm })).status, 201);
    equal((await ask("POST", "/api/profiles/one-more", { llm })).status, 409);
    equal((await ask("POST", "/api/profiles/p7", { llm: { model: "other" } })).status, 201);
  });

  it("§2.8 become the settings' model when activated; the pointer follows a new name, and is cleared with the profile", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    const pointer = async () => (await ask("GET", "/api/settings")).body.active_profile;
    await ask("PATCH", "/api/settings", { agent_settings_diff: { llm: { model: "before", seed: 7 } } });
    await ask("POST", "/api/profiles/fast", { llm });
    const activated = await ask("POST", "/api/profiles/fast/activate");
    deepEqual([activated.status, activated.body.name, activated.body.llm_applied], [200, "fast", true]);
    const { agent_settings: agent, llm_api_key_is_set: isSet } = (await ask("GET", "/api/settings")).body;
    deepEqual([agent.llm.model, agent.llm.seed, isSet, await pointer()], [llm.model, null, true, "fast"]);
    deepEqual((await ask("POST", "/api/profiles/fast/rename", { new_name: "quick" })).body.name, "quick");
    deepEqual([await pointer(), (await ask("GET", "/api/profiles")).body.active_profile], ["quick", "quick"]);
    equal((await ask("POST", "/api/profiles/quick/rename", { new_name: "quick" })).status, 200);
    equal((await ask("DELETE", "/api/profiles/quick")).status, 200);
    equal(await pointer(), null);
    equal((await ask("DELETE", "/api/profiles/quick")).status, 200);
    equal((await ask("POST", "/api/profiles/quick/activate")).status, 404);
    equal((await ask("POST", "/api/profiles/quick/rename", { new_name: "x" })).status, 404);
    await ask("POST", "/api/profiles/a", { llm });
    await ask("POST", "/api/profiles/b", { llm: { model: "of b" } });
    equal((await ask("POST", "/api/profiles/a/rename", { new_name: "b" })).status, 409);
    equal((await ask("GET", "/api/profiles/b")).body.config.model, "of b");
  });

  it("§2.7 are applied by a patch that names one, unless it has a model itself", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    await ask("POST", "/api/profiles/fast", { llm });
    const named = await ask("PATCH", "/api/settings", { active_profile: "fast", agent_settings_diff: { tool_concurrency_limit: 2 } });
    deepEqual(
      [named.body.agent_settings.llm.model, named.body.agent_settings.tool_concurrency_limit, named.body.active_profile],
      [llm.model, 2, "fast"],
    );
    const both = await ask("PATCH", "/api/settings", { active_profile: "fast", agent_settings_diff: { llm: { model: "own" } } });
    deepEqual([both.body.agent_settings.llm.model, both.body.llm_api_key_is_set], ["own", true]);
    const cleared = await ask("PATCH", "/api/settings", { active_profile: null });
    deepEqual([cleared.body.active_profile, cleared.body.agent_settings.llm.model], [null, "own"]);
  });

  it("leave out a file that is damaged, and do not write over it by a rename", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path, key);
    await ask("POST", "/api/profiles/good", { llm });
    await writeFile(join(folder.path, "profiles", "bad.json"), "{");
    deepEqual(
      (await ask("GET", "/api/profiles")).body.profiles.map(({ name }: { name: string }) => name),
      ["good"],
    );
    equal((await ask("GET", "/api/profiles/bad")).status, 409);
    equal((await ask("POST", "/api/profiles/good/rename", { new_name: "bad" })).status, 409);
    equal((await filesBelow(folder.path))["profiles/bad.json"], "{");
  });

  it("§2.8 are tried before they are saved: what would fail again is told, what passes by is not", async () => {
    await using folder = await tempFolder();
    const asked: LlmConfig[] = [];
    const failing: { code: LlmErrorCode | undefined } = { code: undefined };
    const { ask } = serveStores(folder.path, {
      ...key,
      openModel: async (config) => {
        asked.push(config);
        return answering(failing.code);
      },
    });
    const validate = async (code?: LlmErrorCode) => {
      failing.code = code;
      return (await ask("POST", "/api/profiles/draft/validate", { llm: { ...llm, api_key: cipherOf("the key").encrypt("sk-secret") } }))
        .body;
    };
    deepEqual(await validate(), { valid: true, error: null });
    deepEqual([asked[0]?.api_key, asked[0]?.max_output_tokens, asked[0]?.num_retries], ["sk-secret", 1, 1]);
    for (const code of ["LLMRateLimitError", "LLMTimeoutError", "LLMNoResponseError"] as const)
      deepEqual(await validate(code), { valid: true, error: null });
    for (const code of ["LLMAuthenticationError", "LLMBadRequestError", "LLMServiceUnavailableError"] as const)
      deepEqual(await validate(code), { valid: false, error: { type: code, message: "It did not work." } });
    deepEqual((await ask("GET", "/api/profiles")).body.profiles, []);
    match((await ask("POST", "/api/profiles/draft/validate", {})).body.detail[0].msg, /required/);
    ok(asked.length > 0);
  });
});

function answering(code: LlmErrorCode | undefined): Llm {
  return {
    model: "m",
    isDemo: false,
    hasPrice: false,
    async *stream() {
      if (code !== undefined) throw new LlmError(code, "It did not work.");
      yield { type: "text", text: "p" };
    },
  };
}
