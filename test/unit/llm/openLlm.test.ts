import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { type LlmSources, openLlm } from "../../../src/llm/openLlm.ts";
import { scriptedLlm } from "../../../src/llm/scripted.ts";
import { textContent } from "../../../src/protocol/content.ts";
import { root } from "../../support/checkout.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { collect } from "../../support/scripts.ts";
import { tempFolder } from "../../support/workspaces.ts";

const demoFolder = path.join(root, "media/demo");
const sources: LlmSources = { demoFolder, demoWordDelayMs: 0, apiKey: undefined };
const folder = { host: "/", shown: "/" };
const never = new AbortController().signal;
const request = (answered: number): LlmRequest => ({
  messages: [
    { role: "user", content: [textContent("Go")] },
    ...Array.from({ length: answered }, () => ({ role: "assistant" as const, content: "x", toolCalls: [] })),
  ],
  tools: [],
});

describe("opening a model", () => {
  it("says that a key is missing, or that the address is none", async () => {
    await assert.rejects(openLlm({ model: "gpt-5" }, folder, sources), {
      code: "LLMAuthenticationError",
      message: /gpt-5 needs an API key, and none is set/,
    });
    await assert.rejects(openLlm({ model: "m", base_url: "https://api.openai.com/v1" }, folder, sources), {
      code: "LLMAuthenticationError",
    });
    for (const base_url of ["ollama", "localhost:11434", "file:///etc/passwd", "http://"]) {
      await assert.rejects(openLlm({ model: "m", base_url }, folder, sources), {
        code: "LLMBadRequestError",
        message: /is not an http or https address/,
      });
    }
  });

  it("needs no key for a server of one's own, and keeps OpenAI's environment out of it", async () => {
    await using server = await startFakeLlm([{ text: "Hi." }]);
    const llm = await openLlm({ model: "m", base_url: server.url }, folder, sources);
    const chunks = await collect(llm.stream(request(0), never));
    assert.deepEqual(chunks[0], { type: "text", text: "Hi." });
    assert.equal(server.requests[0]?.headers["authorization"], "Bearer none");
  });

  it("sends no key that cannot be one, and no password that stands in the address, and repeats neither", async () => {
    for (const apiKey of ["sk-1234 5678", "sk-12345678\nsk-9", "sk-ключ5678", "sk-1234…5678"]) {
      await assert.rejects(openLlm({ model: "gpt-5" }, folder, { ...sources, apiKey }), (error: Error) => {
        assert.match(
          error.message,
          /^The API key for gpt-5 has a blank or a letter in it that no key has, so it was not sent\. Set it again\.$/,
        );
        return true;
      });
    }
    await assert.rejects(openLlm({ model: "m", base_url: "https://me:hunter22@example.com/v1" }, folder, sources), {
      code: "LLMBadRequestError",
      message: "The base URL holds a name or a password. Take it out, and set an API key instead.",
    });
    await using server = await startFakeLlm([{ text: "Hi." }]);
    const llm = await openLlm({ model: "m", base_url: server.url }, folder, { ...sources, apiKey: " sk-12345678\n" });
    await collect(llm.stream(request(0), never));
    assert.equal(server.requests[0]?.headers["authorization"], "Bearer sk-12345678");
  });

  it("knows the window, the eyes and the price of a model, and adds the cost to its replies", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5 };
    await using server = await startFakeLlm([{ text: "Hi.", usage }]);
    const prices = { input_cost_per_token: 0.5, output_cost_per_token: 1, max_input_tokens: 4096 };
    const llm = await openLlm({ model: "m", base_url: server.url, ...prices }, folder, sources);
    assert.deepEqual([llm.hasPrice, llm.maxInputTokens, llm.hasVision], [true, 4096, undefined]);
    const last = (await collect(llm.stream(request(0), never))).at(-1);
    assert.equal(last?.type === "reply" ? last.reply.costUsd : undefined, 10);
    const known = await openLlm({ model: "gpt-4.1" }, folder, { ...sources, apiKey: "sk-12345678" });
    assert.deepEqual([known.hasPrice, known.maxInputTokens, known.hasVision], [true, 1_047_576, true]);
    const unknown = await openLlm({ model: "m", base_url: server.url }, folder, sources);
    assert.deepEqual([unknown.hasPrice, unknown.maxInputTokens, unknown.hasVision], [false, undefined, undefined]);
  });

  it("plays the demo in its own workspace only, and only once", async () => {
    await using folder = await tempFolder();
    const firstWords = async (workingDir: string): Promise<string> => {
      const llm = await openLlm({ model: "demo" }, { host: workingDir, shown: workingDir }, sources);
      assert.equal(llm.isDemo, true);
      const last = (await collect(llm.stream(request(0), never))).at(-1);
      return last?.type === "reply" ? `${last.reply.text} ${last.reply.toolCalls.length}` : "no reply";
    };
    assert.match(await firstWords(folder.path), /only in its own sample workspace.* 0$/);
    await cp(path.join(demoFolder, "workspace"), folder.path, { recursive: true });
    assert.match(await firstWords(folder.path), /I'll run the tests first.* 1$/);
    await cp(path.join(demoFolder, "workspace/package.json"), path.join(folder.path, "src/date.js"));
    assert.match(await firstWords(folder.path), /has been played.* 0$/);
  });
});

describe("a scripted model", () => {
  it("gives the n-th reply of the conversation, also when it is opened anew, and says when the script is over", async () => {
    const replies = [{ text: "One two." }, { reasoning: "Hm.", tool_calls: [{ name: "think", arguments: { thought: "x" } }] }];
    const reply = async (answered: number) => (await collect(scriptedLlm(replies).stream(request(answered), never))).at(-1);
    const usage = { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, reasoning_tokens: 0 };
    const common = { isComplete: true, usage, costUsd: 0 };
    const toolCalls = [{ id: "call_1_0", name: "think", arguments: '{"thought":"x"}', origin: "completion" }];
    assert.deepEqual(await Promise.all([0, 1, 2].map(reply)), [
      { type: "reply", reply: { id: "scripted-0", text: "One two.", reasoning: "", toolCalls: [], ...common } },
      { type: "reply", reply: { id: "scripted-1", text: "", reasoning: "Hm.", toolCalls, ...common } },
      { type: "reply", reply: { id: "scripted-2", text: "The script is over.", reasoning: "", toolCalls: [], ...common } },
    ]);
  });

  it("counts and costs what the script says, also when that is unknown", async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 3, cache_read_tokens: 2, reasoning_tokens: 1 };
    const llm = scriptedLlm([
      { text: "x", usage, cost_usd: 0.5 },
      { text: "y", usage, cost_usd: null },
    ]);
    const reply = async (answered: number) => (await collect(llm.stream(request(answered), never))).at(-1);
    const common = { reasoning: "", toolCalls: [], isComplete: true, usage };
    assert.deepEqual(await Promise.all([0, 1].map(reply)), [
      { type: "reply", reply: { id: "scripted-0", text: "x", ...common, costUsd: 0.5 } },
      { type: "reply", reply: { id: "scripted-1", text: "y", ...common } },
    ]);
  });

  it("throws the reason when it is aborted between two words", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of scriptedLlm([{ text: "one two three" }], { wordDelayMs: 1 }).stream(request(0), controller.signal))
        controller.abort(reason);
    };
    await assert.rejects(read(), reason);
  });
});
