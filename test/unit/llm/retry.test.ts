import assert from "node:assert/strict";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { chunk, type FakeAnswer, sse, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { collect, gate } from "../../support/scripts.ts";
import { fare, question } from "./asking.ts";

const rateLimit = (headers: Record<string, string>): FakeAnswer => ({
  status: 429,
  body: { error: { message: "slow down", type: "requests" } },
  headers,
});
const halfText = chunk({ content: "Hel" });
const halfCall = chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "t", arguments: '{"a":' } }] });

describe("a model that is asked again", () => {
  const passing: readonly [string, FakeAnswer, string, number][] = [
    ["429", rateLimit({}), "LLMRateLimitError", 5],
    ["500", { status: 500, body: { error: { message: "oops" } } }, "LLMServiceUnavailableError", 5],
    ["a 502 with a page", { status: 502, body: `<html>${"<p>Bad Gateway</p>".repeat(500)}</html>` }, "LLMServiceUnavailableError", 5],
    ["503", { status: 503, body: "" }, "LLMServiceUnavailableError", 5],
    ["529", { status: 529, body: { error: { type: "overloaded_error", message: "Overloaded" } } }, "LLMServiceUnavailableError", 5],
    ["408", { status: 408, body: "" }, "LLMServiceUnavailableError", 5],
    // To fetch, a proxy that wants a login is a network that fails.
    ["407", { status: 407, body: "" }, "LLMServiceUnavailableError", 3],
    ["a stream that is cut in a text", { bytes: [halfText], ending: "cut" }, "LLMServiceUnavailableError", 2],
    ["a stream that is cut in a call", { bytes: [halfCall], ending: "cut" }, "LLMServiceUnavailableError", 2],
    ["a stream that ends in a text", { bytes: [halfText] }, "LLMNoResponseError", 2],
    ["a stream that ends in a call", { bytes: [halfCall] }, "LLMNoResponseError", 2],
    ["a stream that ends in a call, with [DONE]", { bytes: [halfCall, "data: [DONE]\n\n"] }, "LLMNoResponseError", 2],
    [
      "an answer that the provider stops for want of room",
      { text: "Hel", finishReason: "insufficient_system_resource" },
      "LLMNoResponseError",
      2,
    ],
    ["an answer that ends in an error", { text: "Hel", finishReason: "error" }, "LLMNoResponseError", 2],
    ["an empty stream", { bytes: [] }, "LLMNoResponseError", 5],
    ["a stream that is cut before its first word", { bytes: [": hello\n\n"], ending: "cut" }, "LLMServiceUnavailableError", 5],
    ["no choices", { bytes: [sse({ id: "a", choices: [] }), "data: [DONE]\n\n"] }, "LLMNoResponseError", 5],
    ["no choices in an answer that is no stream", { status: 200, body: { id: "a", choices: [] } }, "LLMNoResponseError", 5],
    [
      "an error inside the stream",
      { bytes: [halfText, sse({ error: { message: "worker died", code: 500 } })] },
      "LLMServiceUnavailableError",
      5,
    ],
    ["a rate limit inside the stream", { bytes: [sse({ error: { message: "slow down", code: 429 } })] }, "LLMRateLimitError", 5],
    ["an overload inside the stream", { bytes: [`event: error\n${sse({ type: "overloaded" })}`] }, "LLMServiceUnavailableError", 5],
    ["an error in words", { bytes: ["event: error\ndata: worker died\n\n"] }, "LLMServiceUnavailableError", 5],
    ["an error in a stream that is none", { bytes: ['{"error":{"message":"worker died"}}'] }, "LLMServiceUnavailableError", 5],
    ["a stream of rubbish", { bytes: ["data: {not json\n\n"] }, "LLMServiceUnavailableError", 5],
    ["a 200 with an error", { status: 200, body: { error: { message: "model is loading" } } }, "LLMServiceUnavailableError", 5],
  ];
  for (const [what, answer, code, tries] of passing) {
    it(`is asked ${tries} times in all after ${what}, and every wait is told`, async () => {
      const { requests, error, waits } = await fare([answer]);
      assert.deepEqual({ requests, waits: waits.length, code: error?.code }, { requests: tries, waits: tries - 1, code });
      assert.ok((error?.message.length ?? 0) < 420, error?.message);
    });
  }

  it("goes on when the next try works, and what came before is void", async () => {
    const { reply, waits, requests } = await fare([{ bytes: [halfText], ending: "cut" }, { text: "Hello." }]);
    assert.deepEqual({ text: reply?.text, waits: waits.length, requests }, { text: "Hello.", waits: 1, requests: 2 });
  });

  it("does not count rate limits as cuts", async () => {
    const { reply, requests } = await fare([rateLimit({}), rateLimit({}), { bytes: [halfText], ending: "cut" }, { text: "Hello." }]);
    assert.deepEqual({ text: reply?.text, requests }, { text: "Hello.", requests: 4 });
  });

  it("takes a reply that is complete when the connection breaks behind it", async () => {
    const { reply, requests } = await fare([{ bytes: [chunk({ content: "Done." }, "stop")], ending: "cut" }]);
    assert.deepEqual({ text: reply?.text, requests }, { text: "Done.", requests: 1 });
  });

  it("waits as long as the server asks, in whatever form, but never longer than the limit", async () => {
    const options = { maxAttempts: 5, firstWaitMs: 2, maxWaitMs: 20 };
    const waits = async (headers: Record<string, string>): Promise<number[]> =>
      (await fare([rateLimit(headers)], options)).waits.map(({ retryInMs }) => retryInMs);
    const at = (ms: number): string => new Date(ms).toUTCString();
    const serverNow = Date.parse("2031-05-01T10:00:00Z");
    assert.deepEqual(await waits({ "retry-after": "0.01" }), [10, 10, 10, 10]);
    assert.deepEqual(await waits({ "retry-after-ms": "8", "retry-after": "7" }), [8, 8, 8, 8]);
    assert.deepEqual(await waits({ "retry-after": "315360000" }), [20, 20, 20, 20]);
    assert.deepEqual(await waits({ "retry-after": at(Date.now() + 10 * 365 * 86_400_000) }), [20, 20, 20, 20]);
    // The server's clock is years ahead: what it means is a second, and not a date that is far away.
    assert.deepEqual(await waits({ "retry-after": at(serverNow + 1_000), date: at(serverNow) }), [20, 20, 20, 20]);
    assert.deepEqual(await waits({ "retry-after": at(Date.now() - 60_000), date: at(Date.now() - 61_000) }), [20, 20, 20, 20]);
  });

  it("doubles its own waits when the server asks for none that can be kept", async () => {
    const options = { maxAttempts: 5, firstWaitMs: 2, maxWaitMs: 20 };
    const past = { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" };
    for (const headers of [
      {},
      { "retry-after": "soon" },
      { "retry-after": "0" },
      { "retry-after": "-5" },
      past,
      { "retry-after-ms": "x" },
    ]) {
      const own = (await fare([rateLimit(headers)], options)).waits.map(({ retryInMs }) => retryInMs);
      assert.ok(
        own.every((wait, index) => wait >= Math.floor(2 * 2 ** index * 0.8) && wait <= Math.ceil(2 * 2 ** index * 1.2)),
        `${JSON.stringify(headers)}: ${own.join()}`,
      );
    }
  });

  it("ends the request and throws the reason when aborted: before it, in the stream, and in a wait", async () => {
    const reason = new Error("stop");
    const held = gate();
    await using server = await startFakeLlm([{ text: "Hello there", gate: held, gateAt: "end" }, { status: 503 }]);
    const patient = { maxAttempts: 5, firstWaitMs: 60_000, maxWaitMs: 60_000 };
    const llm = withRetry(openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url }), patient);
    await assert.rejects(collect(llm.stream(question, AbortSignal.abort(reason))), reason);
    for (const until of ["text", "waiting"]) {
      const controller = new AbortController();
      const read = async (): Promise<void> => {
        for await (const part of llm.stream(question, controller.signal))
          if (part.type === until) setImmediate(() => controller.abort(reason));
      };
      await assert.rejects(read(), reason, until);
    }
    assert.equal(server.requests.length, 2);
    held.release();
  });
});
