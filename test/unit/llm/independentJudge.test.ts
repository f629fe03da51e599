import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { textContent } from "../../../src/protocol/content.ts";
import { type Outcome, outcomeOf, waitsIn } from "./asking.ts";

/** A server that others wrote, so that our own understanding of the API is not its only judge. */
describe("the OpenAI client against aimock", () => {
  const server = new LLMock({ port: 0, strict: true });
  const poem = "Rösen sind röt, 日本語, and 🌹🌹 too.";
  const answers: Parameters<LLMock["onMessage"]>[] = [
    ["greet", { content: "Hello there.", usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 } }, { chunkSize: 3 }],
    ["ponder", { content: "42", reasoning: "Six times seven." }],
    [
      "act",
      {
        toolCalls: [
          { id: "call_a", name: "terminal", arguments: '{"command":"ls"}' },
          { id: "call_b", name: "think", arguments: '{"thought":"hm"}' },
        ],
      },
      { chunkSize: 2 },
    ],
    ["do both", { content: "I'll look.", toolCalls: [{ name: "terminal", arguments: '{"command":"ls"}' }] }],
    ["long", { content: "cut he", finishReason: "length" }],
    ["small pieces", { content: poem }, { chunkSize: 1 }],
    ["large pieces", { content: poem }, { chunkSize: 1_000 }],
    ["slow start", { content: poem }, { streamingProfile: { ttft: 150, tps: 200 } }],
    ["uneven", { content: poem }, { chunkSize: 2, streamingProfile: { ttft: 5, tps: 300, jitter: 0.9 } }],
    ["late", { content: poem }, { chunkSize: 5, latency: 20 }],
    ["overdue", { content: poem }, { chaos: { latencyMs: 5_000 } }],
    ["vanish", { content: "a b c d e f g h" }, { chunkSize: 1, truncateAfterChunks: 3, latency: 20 }],
    ["hang up", { content: "a b c d e f g h" }, { chunkSize: 1, truncateAfterChunks: 0 }],
    ["die away", { content: "a b c d ".repeat(20) }, { chunkSize: 1, latency: 20, disconnectAfterMs: 400 }],
    ["mangled", { content: "x" }, { chaos: { malformedRate: 1 } }],
    ["dropped", { content: "x" }, { chaos: { dropRate: 1 } }],
    ["cut off", { content: "x" }, { chaos: { disconnectRate: 1 } }],
    ["too many", { content: "x" }, { chaos: { rateLimitRate: 1 } }],
    ["refused", { error: { message: "Bad request", type: "invalid_request_error" }, status: 400 }],
    ["overloaded", { error: { message: "Overloaded", type: "overloaded_error" }, status: 529 }],
  ];
  before(async () => {
    for (const answer of answers) server.onMessage(...answer);
    await server.start();
  });
  after(() => server.stop());

  async function ask(text: string, maxAttempts = 1): Promise<Outcome> {
    const deadlines = { firstByteMs: 1_000, idleMs: 1_000 };
    const client = openAiLlm({ model: "gpt-5", apiKey: "k", baseUrl: `${server.url}/v1`, deadlines });
    const tools = [{ name: "terminal", description: "", parameters: { type: "object", properties: {} } }];
    const llm = withRetry(client, { maxAttempts, firstWaitMs: 1, maxWaitMs: 5 });
    return outcomeOf(llm, { messages: [{ role: "user", content: [textContent(text)] }], tools }, AbortSignal.timeout(9_000));
  }

  it("reads text in pieces, with the tokens counted", async () => {
    const { reply } = await ask("greet");
    assert.deepEqual(
      [reply?.text, reply?.isComplete, reply?.usage],
      ["Hello there.", true, { prompt_tokens: 7, completion_tokens: 4, cache_read_tokens: 0, reasoning_tokens: 0 }],
    );
  });

  it("reads reasoning apart from the answer", async () => {
    const { reply } = await ask("ponder");
    assert.deepEqual([reply?.text, reply?.reasoning], ["42", "Six times seven."]);
  });

  it("reads parallel calls, and calls beside a text", async () => {
    const { reply } = await ask("act");
    assert.deepEqual(reply?.toolCalls, [
      { id: "call_a", name: "terminal", arguments: '{"command":"ls"}', origin: "completion" },
      { id: "call_b", name: "think", arguments: '{"thought":"hm"}', origin: "completion" },
    ]);
    const both = (await ask("do both")).reply;
    assert.deepEqual([both?.text, both?.toolCalls.map(({ name }) => name), both?.isComplete], ["I'll look.", ["terminal"], true]);
  });

  it("sees that an answer was cut at its length", async () => {
    assert.equal((await ask("long")).reply?.isComplete, false);
  });

  for (const pace of ["small pieces", "large pieces", "slow start", "uneven", "late"]) {
    it(`reads the same text in ${pace}, and streams all of it`, async () => {
      const { reply, chunks } = await ask(pace);
      assert.equal(reply?.text, poem);
      assert.equal(chunks.map((part) => (part.type === "text" ? part.text : "")).join(""), poem);
    });
  }

  const faults: readonly [string, string, number][] = [
    ["vanish", "LLMServiceUnavailableError", 2],
    ["die away", "LLMServiceUnavailableError", 2],
    ["hang up", "LLMServiceUnavailableError", 3],
    ["mangled", "LLMServiceUnavailableError", 3],
    ["dropped", "LLMServiceUnavailableError", 5],
    ["cut off", "LLMServiceUnavailableError", 3],
    ["too many", "LLMRateLimitError", 5],
    ["overloaded", "LLMServiceUnavailableError", 5],
    ["refused", "LLMBadRequestError", 1],
  ];
  for (const [what, code, tries] of faults) {
    it(`gives a clear error after ${tries} tries when every answer is "${what}"`, async () => {
      const { error, chunks } = await ask(what, 5);
      assert.deepEqual([error?.code, waitsIn(chunks).length + 1], [code, tries], error?.message);
    });
  }

  it("gives up on an answer that comes too late", async () => {
    assert.equal((await ask("overdue")).error?.code, "LLMTimeoutError");
  });

  it("gets over one failure, and not over a refused key", async () => {
    server.nextRequestError(503, { message: "Overloaded" });
    assert.equal((await ask("greet", 2)).reply?.text, "Hello there.");
    server.nextRequestError(401, { message: "Invalid key", type: "invalid_request_error", code: "invalid_api_key" });
    assert.equal((await ask("greet", 2)).error?.code, "LLMAuthenticationError");
  });
});
