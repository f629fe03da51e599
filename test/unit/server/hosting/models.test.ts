import assert from "node:assert/strict";
import type { Llm } from "../../../../src/llm/llm.ts";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { LlmConfig } from "../../../../src/protocol/agentServer/agent.ts";
import { cipherOf } from "../../../../src/server/secrets/cipher.ts";
import { type ServedHosting, serveHosting, testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";
import { tempFolder } from "../../../support/workspaces.ts";

describe("models and secrets of a conversation", () => {
  it("§10.28 takes texts, values and whole sources as secrets in one request, and shows their names only", async () => {
    const command = { name: "terminal", arguments: { command: "echo $ONE-$TWO-$THREE; echo ONE TWO THREE" } };
    const openLlm = () => scriptedLlm([{ tool_calls: [command] }, { text: "Done." }]);
    await using served = await serveHosting({
      openLlm,
      lookups: { secret: async (name) => (name === "KEPT" ? "value-three" : undefined) },
    });
    const id = await served.begin();
    const three = { kind: "LookupSecret", url: "/api/settings/secrets/KEPT", headers: { "X-Session-API-Key": "k" }, description: "kept" };
    const secrets = { ONE: "value-one", TWO: { value: "value-two" }, THREE: three };
    assert.deepEqual(await served.ask("POST", `/api/conversations/${id}/secrets`, { secrets }), { status: 200, body: { success: true } });
    const info = await infoOf(served, id);
    const shown = (kind: string, description: string | null) => ({ kind, description, value: null });
    assert.deepEqual(info.secret_registry.secret_sources, {
      ONE: shown("StaticSecret", null),
      TWO: shown("StaticSecret", null),
      THREE: shown("LookupSecret", "kept"),
    });
    await finish(served, id, "Say them.");
    const events = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=ObservationEvent`)).body.items;
    const text = JSON.stringify(events);
    assert.match(text, /<secret-hidden>-<secret-hidden>-<secret-hidden>/);
    assert.doesNotMatch(text, /value-/);
  });

  it("keeps none of several secrets when one of them is refused", async () => {
    await using served = await serveHosting();
    const id = await served.begin();
    const refused = await served.ask("POST", `/api/conversations/${id}/secrets`, { secrets: { GOOD: "good-value", SHORT: "x" } });
    assert.equal(refused.status, 400);
    assert.match(refused.body.detail, /SHORT has fewer than 4 characters.*Nothing was set\./);
    assert.deepEqual((await infoOf(served, id)).secret_registry.secret_sources, {});
  });

  it("has no secret with another server key, and all of them again with the right one", async () => {
    await using temp = await tempFolder();
    const folder = temp.path;
    const used: unknown[] = [];
    const openLlm = (config: LlmConfig | undefined) => {
      used.push([config?.api_key, config?.extra_headers]);
      return scriptedLlm([{ text: "Done." }]);
    };
    const llm = { ...testAgent.llm, api_key: "sk-kept", extra_headers: { "X-Key": "kept, too" } };
    let id = "";
    for (const secretKey of ["right", "wrong", "right"]) {
      await using served = await serveHosting({ folder, openLlm, cipher: cipherOf(secretKey) });
      id ||= await served.begin({ autotitle: false, agent: { ...testAgent, llm } });
      await served.ask("PATCH", `/api/conversations/${id}`, { tags: { key: secretKey } });
      await finish(served, id, "Go.");
    }
    const whole = ["sk-kept", { "X-Key": "kept, too" }];
    assert.deepEqual(used, [whole, [null, {}], whole]);
  });

  it("gives the agent the tools whose names begin as the filter says, and always those that end and think", async () => {
    const given: string[][] = [];
    const script = scriptedLlm([{ text: "Done." }]);
    const openLlm = (): Llm => ({
      ...script,
      stream: (request, signal) => {
        given.push(request.tools.map(({ name }) => name));
        return script.stream(request, signal);
      },
    });
    await using served = await serveHosting({ openLlm });
    const id = await served.begin({ autotitle: false, agent: { ...testAgent, filter_tools_regex: "file|nothing" } });
    await finish(served, id, "Go.");
    assert.deepEqual(given, [["file_editor", "finish", "think"]]);
  });

  it("gives it none of them where the filter is no regular expression, or one that would take for ever", async () => {
    const given: (readonly string[])[] = [];
    const script = (): Llm => scriptedLlm([{ text: "Done." }]);
    const openLlm = (): Llm => ({
      ...script(),
      stream: (request, signal) => {
        given.push(request.tools.map(({ name }) => name));
        return script().stream(request, signal);
      },
    });
    await using served = await serveHosting({ openLlm });
    for (const filter_tools_regex of ["(", "(?:.*){60}!"]) {
      const id = await served.begin({ autotitle: false, agent: { ...testAgent, filter_tools_regex } });
      await finish(served, id, "Go.");
    }
    assert.deepEqual(given, [
      ["finish", "think"],
      ["finish", "think"],
    ]);
  });

  it("§10.29 decrypts keys that are sent encrypted, and takes plain ones as they are", async () => {
    const cipher = cipherOf("secret");
    const used: (string | null)[] = [];
    const openLlm = (config: LlmConfig | undefined) => {
      used.push(config?.api_key ?? null);
      return scriptedLlm([{ text: "Done." }, { text: "Done." }, { text: "Done." }]);
    };
    await using served = await serveHosting({ cipher, openLlm });
    const llm = { ...testAgent.llm, api_key: cipher.encrypt("key-one") };
    const id = await served.begin({ agent: { ...testAgent, llm }, secrets_encrypted: true, autotitle: false });
    await finish(served, id, "one");
    await switchTo(served, id, { model: "m2", usage_id: "u2", api_key: cipher.encrypt("key-two") });
    await finish(served, id, "two");
    await switchTo(served, id, { model: "m3", usage_id: "u3", api_key: "key-three" });
    await finish(served, id, "three");
    assert.deepEqual([...new Set(used)], ["key-one", "key-two", "key-three"]);
    assert.equal((await infoOf(served, id)).agent.llm.api_key, null);
  });

  it("§10.30 switches to a model under a fresh usage id, and back to the first one that a known id had", async () => {
    await using served = await serveHosting();
    const id = await served.begin();
    const modelAfter = async (llm: object): Promise<string> => {
      await switchTo(served, id, llm);
      return (await infoOf(served, id)).agent.llm.model;
    };
    assert.deepEqual(
      [
        await modelAfter({ model: "second", usage_id: "fresh" }),
        await modelAfter({ model: "third", usage_id: "fresh" }),
        await modelAfter({ model: "fourth", usage_id: testAgent.llm.usage_id }),
      ],
      ["second", "second", "scripted"],
    );
    assert.equal((await served.ask("POST", `/api/conversations/${id}/switch_llm`, { llm: {} })).status, 422);
    assert.equal((await served.ask("POST", `/api/conversations/${id}/switch_acp_model`, { model: "m" })).status, 400);
  });

  it("§10.31 lets a condenser follow when it had the agent's model, and leaves its own", async () => {
    await using served = await serveHosting();
    const condenser = (llm: object) => ({
      kind: "LLMSummarizingCondenser",
      llm: { ...llm, usage_id: "condenser" },
      max_size: 100,
      keep_first: 2,
    });
    const following = await served.begin({ agent: { ...testAgent, condenser: condenser(testAgent.llm) } });
    const own = await served.begin({ agent: { ...testAgent, condenser: condenser({ model: "own" }) } });
    for (const id of [following, own]) await switchTo(served, id, { model: "next", usage_id: "next" });
    const condensers = [await infoOf(served, following), await infoOf(served, own)].map(({ agent }) => agent.condenser.llm);
    assert.deepEqual(
      condensers.map(({ model, usage_id }) => [model, usage_id]),
      [
        ["next", "condenser"],
        ["own", "condenser"],
      ],
    );
  });

  it("switches to a profile by its name, and tells that there is none, or that it is damaged", async () => {
    const profile = async (name: string) => (name === "fast" ? LlmConfig.parse({ model: "quick" }) : undefined);
    await using served = await serveHosting({ lookups: { profile } });
    const id = await served.begin();
    const to = (profile_name: string) => served.ask("POST", `/api/conversations/${id}/switch_profile`, { profile_name });
    assert.deepEqual([(await to("fast")).status, (await to("none")).status], [200, 404]);
    const { llm } = (await infoOf(served, id)).agent;
    assert.deepEqual([llm.model, llm.usage_id], ["quick", "profile:fast"]);
  });

  it("§10.27 says in `exception` what went wrong with a model, and keeps the status", async () => {
    const openLlm = () => {
      throw new Error("The model is out.");
    };
    await using served = await serveHosting({ openLlm });
    const id = await served.begin({ autotitle: false });
    assert.deepEqual(await served.ask("POST", `/api/conversations/${id}/ask_agent`, { question: "Why?" }), {
      status: 500,
      body: { detail: "Internal Server Error", exception: "500: The model is out." },
    });
  });

  it("§10.26 repeats no key of a request that it refuses", async () => {
    await using served = await serveHosting();
    const llm = { model: 1, api_key: "sk-very-secret", base_url: 5, extra_headers: { Authorization: 7 } };
    const answer = await served.ask("POST", "/api/conversations", {
      workspace: { working_dir: served.workspace },
      agent: { llm, mcp_config: { env: { K: "sk-very-secret" } } },
      secrets: { A: { kind: "sk-very-secret", value: "sk-very-secret" } },
    });
    assert.equal(answer.status, 422);
    assert.doesNotMatch(JSON.stringify(answer.body), /sk-very-secret/);
  });

  it("answers a question beside the task, of which only the cost is kept", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "Because of that." }]) });
    const id = await served.begin({ autotitle: false });
    assert.deepEqual((await served.ask("POST", `/api/conversations/${id}/ask_agent`, { question: "Why?" })).body, {
      response: "Because of that.",
    });
    assert.equal((await served.ask("GET", `/api/conversations/${id}/events/count?kind=MessageEvent`)).body, 0);
  });
});

async function infoOf(served: ServedHosting, id: string) {
  return (await served.ask("GET", `/api/conversations/${id}`)).body;
}

async function switchTo(served: ServedHosting, id: string, llm: object): Promise<void> {
  assert.deepEqual(await served.ask("POST", `/api/conversations/${id}/switch_llm`, { llm }), { status: 200, body: { success: true } });
}

async function finish(served: ServedHosting, id: string, text: string): Promise<void> {
  await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text }], run: true });
  await until("the end of the run", async () => (await infoOf(served, id)).execution_status === "finished");
}
