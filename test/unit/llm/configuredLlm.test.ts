import assert from "node:assert/strict";
import { openConfiguredLlm } from "../../../src/llm/configuredLlm.ts";
import { namedModel } from "../../../src/llm/providers.ts";
import { LlmConfig } from "../../../src/protocol/agentServer/agent.ts";
import { type FakeAnswer, type FakeLlm, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { outcomeOf, question, waitsIn } from "./asking.ts";

const open = (server: FakeLlm, config: object = {}) =>
  openConfiguredLlm(
    LlmConfig.parse({ model: "openai/gpt-x", base_url: server.url, retry_min_wait: 0.001, retry_max_wait: 0.002, ...config }),
  );
const refusal = (message: string): FakeAnswer => ({ status: 400, body: { error: { message } } });
const { messages: _, ...askedPlainly } = { model: "gpt-x", messages: 0, stream: true, stream_options: { include_usage: true } };

describe("a model as a client describes it", () => {
  it("is asked with all that is said of it, and is still called as the client calls it", async () => {
    await using server = await startFakeLlm([{ text: "Hi." }]);
    const llm = await open(server, {
      api_key: "sk-0123456789",
      temperature: 0,
      top_p: 0.9,
      top_k: 40,
      seed: 7,
      max_output_tokens: 512,
      reasoning_effort: "high",
      extra_headers: { "X-Team": "blue", Authorization: "Bearer other" },
      litellm_extra_body: { metadata: { run: 1 }, model: "another", stream: false },
    });
    const { reply } = await outcomeOf(llm);
    assert.equal(reply?.text, "Hi.");
    assert.equal(llm.model, "openai/gpt-x");
    const { body, headers } = server.requests[0] ?? assert.fail();
    const { messages: _messages, ...rest } = body;
    const said = { temperature: 0, top_p: 0.9, top_k: 40, seed: 7, max_tokens: 512, reasoning_effort: "high", metadata: { run: 1 } };
    assert.deepEqual(rest, { ...askedPlainly, ...said });
    assert.deepEqual([headers["x-team"], headers["authorization"]], ["blue", "Bearer other"]);
  });

  it("never tells what its headers hold, also when the endpoint repeats it", async () => {
    const body = { error: { message: "Not for sk-0123456789, not with blue-secret, and not with other-token. Ask in blue." } };
    await using server = await startFakeLlm([{ status: 401, body }]);
    const extra_headers = { "X-Team": "blue", "X-Key": "blue-secret", Authorization: "Bearer other-token" };
    const llm = await open(server, { api_key: "sk-0123456789", extra_headers });
    const { error } = await outcomeOf(llm);
    assert.match(error?.message ?? "", /Not for \[key\], not with \[key\], and not with \[key\]\. Ask in blue\./);
  });

  it("is asked without what its endpoint refuses, and never again with it", async () => {
    await using server = await startFakeLlm([
      refusal("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."),
      refusal("Unrecognized request argument supplied: reasoning_effort"),
      { text: "Hi." },
      { text: "Again." },
    ]);
    const llm = await open(server, { temperature: 0.2, reasoning_effort: "high", seed: 1 });
    assert.equal((await outcomeOf(llm)).reply?.text, "Hi.");
    assert.equal((await outcomeOf(llm)).reply?.text, "Again.");
    const sent = server.requests.map(({ body }) =>
      Object.keys(body)
        .filter((name) => /temperature|effort|seed/.test(name))
        .toSorted(),
    );
    assert.deepEqual(sent, [["reasoning_effort", "seed", "temperature"], ["reasoning_effort", "seed"], ["seed"], ["seed"]]);
  });

  it("keeps a refusal that is about something else", async () => {
    await using server = await startFakeLlm([refusal("The temperature of the room is invalid for messages[0].")], { repeatsLast: true });
    const { error } = await outcomeOf(await open(server, { seed: 1 }));
    assert.equal(error?.code, "LLMBadRequestError");
    assert.equal(server.requests.length, 1);
  });

  it("is tried as often as the client says, and waits as long", async () => {
    await using server = await startFakeLlm([{ status: 503 }], { repeatsLast: true });
    const { chunks, error } = await outcomeOf(await open(server, { num_retries: 3 }));
    assert.equal(error?.code, "LLMServiceUnavailableError");
    assert.equal(server.requests.length, 3);
    assert.ok(
      waitsIn(chunks).every(({ retryInMs }) => retryInMs <= 2),
      JSON.stringify(waitsIn(chunks)),
    );
  });

  it("is given up after the client's timeout", async () => {
    await using server = await startFakeLlm([{ bytes: [], ending: "silence" }], { repeatsLast: true });
    const { error } = await outcomeOf(await open(server, { timeout: 0.2, num_retries: 1 }));
    assert.equal(error?.code, "LLMTimeoutError");
  });

  it("has the client's prices and window, and no eyes when the client says so", async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 10 };
    await using server = await startFakeLlm([{ text: "Hi.", usage }]);
    const llm = await open(server, {
      input_cost_per_token: 0.01,
      output_cost_per_token: 0.1,
      max_input_tokens: 5_000,
      disable_vision: true,
    });
    assert.deepEqual([llm.hasPrice, llm.maxInputTokens, llm.hasVision], [true, 5_000, false]);
    const image = { type: "image" as const, image_urls: ["data:image/png;base64,AA=="], cache_prompt: false };
    const [said] = question.messages;
    const { reply } = await outcomeOf(llm, {
      ...question,
      messages: said?.role === "user" ? [{ ...said, content: [...said.content, image] }] : [],
    });
    assert.equal(reply?.costUsd, 2);
    assert.doesNotMatch(JSON.stringify(server.requests[0]?.body), /image_url/);
  });

  it("says what is wrong with it", async () => {
    const refused = (config: object): Promise<unknown> => openConfiguredLlm(LlmConfig.parse(config));
    await assert.rejects(refused({ model: "bedrock/claude" }), { code: "LLMBadRequestError", message: /"bedrock\/claude".*base_url/ });
    await assert.rejects(refused({ model: "gpt-5" }), { code: "LLMAuthenticationError", message: /gpt-5 needs an API key/ });
    await assert.rejects(refused({ model: "m", base_url: "here" }), { code: "LLMBadRequestError" });
    const extra_headers = { "a b": "x" };
    await assert.rejects(refused({ model: "m", base_url: "http://127.0.0.1:9", extra_headers }), {
      message: /"a b" among the extra_headers/,
    });
  });

  it("is called as its endpoint knows it", () => {
    const proxy = "http://proxy.example/v1";
    const openRouter = "https://openrouter.ai/api/v1";
    const named = (model: string, baseUrl?: string): string => {
      const found = namedModel(model, baseUrl);
      return found === undefined ? "nowhere" : `${found.model} at ${found.baseUrl ?? "OpenAI"}`;
    };
    assert.deepEqual(
      [
        named("gpt-5"),
        named("openai/gpt-5"),
        named("claude-sonnet-5"),
        named("anthropic/claude-sonnet-5"),
        named("openrouter/qwen/qwen3"),
        named("vertex_ai/x"),
        named("litellm_proxy/x"),
        named("openai/gpt-x", proxy),
        named("litellm_proxy/anthropic/claude-x", proxy),
        named("anthropic/claude-x", proxy),
        named("anthropic/claude-x", "https://api.anthropic.com/v1"),
        named("meta/llama", proxy),
        named("openai/gpt-5", openRouter),
        named("openrouter/openai/gpt-5", openRouter),
        named("openai/gpt-oss-120b", "https://api.groq.com/openai/v1"),
      ],
      [
        "gpt-5 at OpenAI",
        "gpt-5 at https://api.openai.com/v1",
        "claude-sonnet-5 at https://api.anthropic.com/v1",
        "claude-sonnet-5 at https://api.anthropic.com/v1",
        `qwen/qwen3 at ${openRouter}`,
        "nowhere",
        "nowhere",
        `gpt-x at ${proxy}`,
        `anthropic/claude-x at ${proxy}`,
        `anthropic/claude-x at ${proxy}`,
        "claude-x at https://api.anthropic.com/v1",
        `meta/llama at ${proxy}`,
        `openai/gpt-5 at ${openRouter}`,
        `openai/gpt-5 at ${openRouter}`,
        "openai/gpt-oss-120b at https://api.groq.com/openai/v1",
      ],
    );
  });
});
