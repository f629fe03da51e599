import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import type { LlmReply } from "../../../src/llm/llm.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { collect } from "../../support/scripts.ts";

/** A server that others wrote, so that our own understanding of the API is not its only judge. */
describe("the OpenAI client against aimock", () => {
  const server = new LLMock({ port: 0, strict: true });
  before(async () => {
    server.onMessage(
      "greet",
      { content: "Hello there, person.", usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 } },
      { chunkSize: 3 },
    );
    server.onMessage("ponder", { content: "42", reasoning: "Six times seven." });
    server.onMessage("act", {
      toolCalls: [
        { id: "call_a", name: "terminal", arguments: '{"command":"ls"}' },
        { id: "call_b", name: "think", arguments: '{"thought":"hm"}' },
      ],
    });
    server.onMessage("long", { content: "cut he", finishReason: "length" });
    server.onMessage("vanish", { content: "a b c d e f g h" }, { chunkSize: 1, truncateAfterChunks: 3 });
    server.onMessage("mangled", { content: "x" }, { chaos: { malformedRate: 1 } });
    server.onMessage("dropped", { content: "x" }, { chaos: { dropRate: 1 } });
    server.onMessage("cut off", { content: "x" }, { chaos: { disconnectRate: 1 } });
    server.onMessage("too many", { content: "x" }, { chaos: { rateLimitRate: 1 } });
    await server.start();
  });
  after(() => server.stop());

  async function ask(text: string, attempts = 1): Promise<LlmReply> {
    const llm = withRetry(openAiLlm({ model: "gpt-5", apiKey: "k", baseUrl: `${server.url}/v1` }), {
      maxAttempts: attempts,
      firstWaitMs: 1,
      maxWaitMs: 5,
    });
    const messages = [{ role: "user" as const, content: [{ type: "text" as const, text }] }];
    const tools = [{ name: "terminal", description: "", parameters: { type: "object", properties: {} } }];
    const last = (await collect(llm.stream({ messages, tools }, AbortSignal.timeout(4_000)))).at(-1);
    return last?.type === "reply" ? last.reply : assert.fail("no reply");
  }

  it("reads text in pieces, with the tokens counted", async () => {
    const { text, usage, isComplete } = await ask("greet");
    assert.deepEqual(
      { text, isComplete, in: usage?.prompt_tokens, out: usage?.completion_tokens },
      { text: "Hello there, person.", isComplete: true, in: 7, out: 4 },
    );
  });

  it("reads reasoning apart from the answer", async () => {
    const { text, reasoning } = await ask("ponder");
    assert.deepEqual({ text, reasoning }, { text: "42", reasoning: "Six times seven." });
  });

  it("reads parallel calls", async () => {
    const { toolCalls } = await ask("act");
    assert.deepEqual(toolCalls, [
      { id: "call_a", name: "terminal", arguments: '{"command":"ls"}', origin: "completion" },
      { id: "call_b", name: "think", arguments: '{"thought":"hm"}', origin: "completion" },
    ]);
  });

  it("sees that an answer was cut at its length", async () => {
    assert.equal((await ask("long")).isComplete, false);
  });

  for (const [what, code] of [
    ["vanish", "LLMServiceUnavailableError"],
    ["mangled", "LLMServiceUnavailableError"],
    ["dropped", "LLMServiceUnavailableError"],
    ["cut off", "LLMServiceUnavailableError"],
    ["too many", "LLMRateLimitError"],
  ] as const) {
    it(`gives a clear error when the answer is "${what}"`, async () => {
      await assert.rejects(ask(what), (error) => error instanceof LlmError && error.code === code);
    });
  }

  it("gets over one failure, and not over a refused key", async () => {
    server.nextRequestError(503, { message: "Overloaded" });
    assert.equal((await ask("greet", 2)).text, "Hello there, person.");
    server.nextRequestError(401, { message: "Invalid key", type: "invalid_request_error", code: "invalid_api_key" });
    await assert.rejects(ask("greet", 2), (error) => error instanceof LlmError && error.code === "LLMAuthenticationError");
  });
});
