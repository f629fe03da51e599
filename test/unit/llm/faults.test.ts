import assert from "node:assert/strict";
import type { LlmChunk } from "../../../src/llm/llm.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { chunk, type FakeAnswer, sse, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { collect, gate } from "../../support/scripts.ts";

const request = { messages: [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }], tools: [] };
const deadlines = { firstByteMs: 300, idleMs: 300 };
const quick = { maxAttempts: 5, firstWaitMs: 1, maxWaitMs: 20 };

/** How a model with retries fares with a server that answers so: the outcome, the number of requests, and the waits. */
async function fare(answers: readonly FakeAnswer[], { repeatsLast = true, options = quick } = {}) {
  await using server = await startFakeLlm(answers, { repeatsLast });
  const llm = withRetry(openAiLlm({ model: "gpt-x", apiKey: "sk-secret", baseUrl: server.url, deadlines }), options);
  const chunks: LlmChunk[] = [];
  let error: LlmError | undefined;
  try {
    for await (const part of llm.stream(request, new AbortController().signal)) chunks.push(part);
  } catch (caught) {
    assert.ok(caught instanceof LlmError, caught instanceof Error ? caught.stack : "not even an Error");
    error = caught;
  }
  const last = chunks.at(-1);
  return {
    requests: server.requests.length,
    waits: chunks.flatMap((part) => (part.type === "waiting" ? [part] : [])),
    text: last?.type === "reply" ? last.reply.text : undefined,
    error,
  };
}

const rateLimit = (headers: Record<string, string>): FakeAnswer => ({
  status: 429,
  body: { error: { message: "slow down", type: "requests" } },
  headers,
});

describe("the OpenAI client when things go wrong", () => {
  const final: readonly [string, FakeAnswer, string, RegExp][] = [
    ["401", { status: 401, body: { error: { message: "bad key" } } }, "LLMAuthenticationError", /refused the API key\. Set another key/],
    ["403", { status: 403, body: "" }, "LLMAuthenticationError", /refused the API key/],
    ["402", { status: 402, body: { error: { message: "pay" } } }, "LLMQuotaExceededError", /no credit left/],
    [
      "429 for an empty account",
      { status: 429, body: { error: { code: "insufficient_quota", message: "You exceeded" } } },
      "LLMQuotaExceededError",
      /no credit/,
    ],
    ["404", { status: 404, body: { error: { message: "no such model" } } }, "LLMBadRequestError", /does not know the model "gpt-x"/],
    [
      "400",
      { status: 400, body: { error: { message: "bad tools" } } },
      "LLMBadRequestError",
      /refused the request \(400\)\. It said: .*bad tools/,
    ],
    [
      "a context overflow of OpenAI",
      { status: 400, body: { error: { code: "context_length_exceeded", message: "too long" } } },
      "LLMContextWindowExceedError",
      /longer than gpt-x can read/,
    ],
    [
      "a context overflow of Anthropic",
      { status: 400, body: { error: { message: "prompt is too long: 250000 tokens > 200000 maximum" } } },
      "LLMContextWindowExceedError",
      /longer than/,
    ],
    [
      "a context overflow of vLLM",
      { status: 400, body: { message: "This model's maximum context length is 4096 tokens. Please reduce the length of the messages" } },
      "LLMContextWindowExceedError",
      /longer than/,
    ],
    [
      "a content filter before the answer",
      { status: 400, body: { error: { code: "content_filter", message: "no" } } },
      "LLMContentPolicyViolationError",
      /refused the content/,
    ],
    [
      "a content filter in the answer",
      { text: "I", finishReason: "content_filter" },
      "LLMContentPolicyViolationError",
      /filter stopped the answer/,
    ],
  ];
  for (const [what, answer, code, sentence] of final) {
    it(`does not try again after ${what}, and says why`, async () => {
      const { requests, error, waits } = await fare([answer]);
      assert.deepEqual({ requests, waits, code: error?.code }, { requests: 1, waits: [], code });
      assert.match(error?.message ?? "", sentence);
      assert.match(
        error?.message ?? "",
        code === "LLMContextWindowExceedError" || code.startsWith("LLMContent") ? /./ : /127\.0\.0\.1:\d+/,
      );
      assert.doesNotMatch(error?.message ?? "", /sk-secret/);
    });
  }

  const passing: readonly [string, FakeAnswer, string][] = [
    ["429", rateLimit({}), "LLMRateLimitError"],
    ["500", { status: 500, body: { error: { message: "oops" } } }, "LLMServiceUnavailableError"],
    ["a 502 with a page", { status: 502, body: `<html>${"<p>Bad Gateway</p>".repeat(500)}</html>` }, "LLMServiceUnavailableError"],
    // To fetch, a proxy that wants a login is a network that fails.
    ["407", { status: 407, body: "" }, "LLMServiceUnavailableError"],
    ["503", { status: 503, body: "" }, "LLMServiceUnavailableError"],
    ["529", { status: 529, body: { error: { message: "overloaded" } } }, "LLMServiceUnavailableError"],
    ["a stream that is cut in a text", { bytes: [chunk({ content: "Hel" })], ending: "cut" }, "LLMServiceUnavailableError"],
    ["a stream that ends in a text", { bytes: [chunk({ content: "Hel" })] }, "LLMNoResponseError"],
    [
      "a stream that ends in a call",
      { bytes: [chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "t", arguments: '{"a":' } }] })] },
      "LLMNoResponseError",
    ],
    ["an empty stream", { bytes: [] }, "LLMNoResponseError"],
    [
      "an error inside the stream",
      { bytes: [chunk({ content: "Hel" }), sse({ error: { message: "worker died", code: 500 } })] },
      "LLMServiceUnavailableError",
    ],
    ["a stream of rubbish", { bytes: ["data: {not json\n\n"] }, "LLMServiceUnavailableError"],
    ["an answer that is no stream", { status: 200, body: { error: { message: "model is loading" } } }, "LLMServiceUnavailableError"],
  ];
  for (const [what, answer, code] of passing) {
    it(`tries five times in all after ${what}, and tells of every wait`, async () => {
      const { requests, error, waits } = await fare([answer]);
      assert.deepEqual({ requests, waits: waits.length, code: error?.code }, { requests: 5, waits: 4, code });
      assert.ok((error?.message.length ?? 0) < 420, error?.message);
    });
  }

  it("goes on when the next try works, and what came before is void", async () => {
    const { text, waits, requests } = await fare([{ bytes: [chunk({ content: "Hel" })], ending: "cut" }, { text: "Hello." }]);
    assert.deepEqual({ text, waits: waits.length, requests }, { text: "Hello.", waits: 1, requests: 2 });
  });

  it("waits as long as the server asks, but never longer than the limit, and doubles its own waits", async () => {
    const options = { maxAttempts: 5, firstWaitMs: 4, maxWaitMs: 50 };
    const inTenYears = new Date(Date.now() + 10 * 365 * 86_400_000).toUTCString();
    const waits = async (headers: Record<string, string>): Promise<number[]> =>
      (await fare([rateLimit(headers)], { options })).waits.map(({ retryInMs }) => retryInMs);
    assert.deepEqual(await waits({ "retry-after": "0.03" }), [30, 30, 30, 30]);
    assert.deepEqual(await waits({ "retry-after": "315360000" }), [50, 50, 50, 50]);
    assert.deepEqual(await waits({ "retry-after": inTenYears }), [50, 50, 50, 50]);
    for (const headers of [{}, { "retry-after": "soon" }, { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }]) {
      const own = await waits(headers);
      assert.ok(
        own.every((wait, index) => wait >= Math.floor(4 * 2 ** index * 0.8) && wait <= Math.ceil(4 * 2 ** index * 1.2)),
        own.join(),
      );
    }
  });

  it("gives up on a server that says nothing, that stops after its headers, and that stops in the middle", async () => {
    const once = { maxAttempts: 1, firstWaitMs: 1, maxWaitMs: 1 };
    const silent = gate();
    const answers: FakeAnswer[] = [
      { text: "never", gate: silent },
      { bytes: [], ending: "silence" },
      { bytes: [chunk({ content: "Hel" })], ending: "silence" },
    ];
    for (const answer of answers) {
      const { error } = await fare([answer], { options: once });
      assert.equal(error?.code, "LLMTimeoutError");
    }
    silent.release();
  });

  it("does not give up on a model that thinks, as long as the server says that it does", async () => {
    const thinking = Array.from({ length: 10 }, () => ": thinking\n\n");
    await using server = await startFakeLlm([{ bytes: [...thinking, chunk({ content: "Done." }, "stop")], everyMs: 50 }]);
    const llm = openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url, deadlines });
    const chunks = await collect(llm.stream(request, new AbortController().signal));
    assert.deepEqual(chunks[0], { type: "text", text: "Done." });
  });

  it("names the host that cannot be reached", async () => {
    const server = await startFakeLlm([]);
    await server[Symbol.asyncDispose]();
    const port = new URL(server.url).port;
    for (const baseUrl of [server.url, "http://no-such-host.invalid:1/v1"]) {
      const llm = withRetry(openAiLlm({ model: "m", apiKey: undefined, baseUrl }), { ...quick, maxAttempts: 2 });
      const chunks = llm.stream(request, new AbortController().signal);
      await assert.rejects(collect(chunks), (error: LlmError) => {
        assert.equal(error.code, "LLMServiceUnavailableError");
        assert.match(
          error.message,
          baseUrl === server.url ? new RegExp(`127\\.0\\.0\\.1:${port} .*ECONNREFUSED`) : /no-such-host\.invalid/,
        );
        return true;
      });
    }
  });

  it("ends the request and throws the reason when aborted: before it, in the stream, and in a wait", async () => {
    const reason = new Error("stop");
    const held = gate();
    await using server = await startFakeLlm([{ text: "Hello there", gate: held, gateAt: "end" }, { status: 503 }]);
    const llm = withRetry(openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url }), {
      maxAttempts: 5,
      firstWaitMs: 60_000,
      maxWaitMs: 60_000,
    });
    await assert.rejects(collect(llm.stream(request, AbortSignal.abort(reason))), reason);
    for (const until of ["text", "waiting"]) {
      const controller = new AbortController();
      const read = async (): Promise<void> => {
        for await (const part of llm.stream(request, controller.signal))
          if (part.type === until) setImmediate(() => controller.abort(reason));
      };
      await assert.rejects(read(), reason, until);
    }
    assert.equal(server.requests.length, 2);
    held.release();
  });
});
