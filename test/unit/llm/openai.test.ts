import assert from "node:assert/strict";
import type { LlmChunk } from "../../../src/llm/llm.ts";
import { chunk, sse } from "../../support/fakeLlmServer.ts";
import { ask } from "./asking.ts";

const textOfChunks = (chunks: readonly LlmChunk[], type: string): string =>
  chunks.map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
const callDelta = (call: object): object => ({ tool_calls: [call] });

describe("the OpenAI client", () => {
  it("streams text and reasoning, and repeats them whole in the reply with the tokens counted", async () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    const { chunks, reply } = await ask({ text: "Hello, you.", reasoning: "A greeting.", usage });
    assert.equal(textOfChunks(chunks, "text"), "Hello, you.");
    assert.equal(textOfChunks(chunks, "reasoning"), "A greeting.");
    // How long it thought is the clock's.
    const { reasoningMs: _, ...said } = reply ?? {};
    assert.deepEqual(said, {
      id: "chatcmpl-0",
      text: "Hello, you.",
      reasoning: "A greeting.",
      toolCalls: [],
      isComplete: true,
      usage: { prompt_tokens: 10, completion_tokens: 5, cache_read_tokens: 4, reasoning_tokens: 2 },
    });
  });

  it("reads what other servers send: a text in parts, ids that are numbers, an empty finish reason", async () => {
    const call = { index: 0, id: 7, function: { name: "think", arguments: '{"thought":"x"}' } };
    const replies = [
      await ask({ bytes: [chunk({ content: [{ type: "thinking" }, { type: "text", text: "Hi." }] }), chunk({}, "stop")] }),
      await ask({ bytes: [sse({ id: 5, choices: [{ delta: callDelta(call) }] }), chunk({}, "tool_calls")] }),
    ];
    assert.deepEqual(
      replies.map(({ reply }) => [reply?.id, reply?.text, reply?.toolCalls.map(({ id }) => id)]),
      [
        ["chatcmpl-raw", "Hi.", []],
        ["5", "", ["7"]],
      ],
    );
    const cut = await ask({ bytes: [chunk({ content: "Hal" }, "")] });
    assert.equal(cut.error?.message, "The model's answer broke off before its end.");
  });

  it("knows a reply that reached its length limit, whatever the server calls it", async () => {
    const reasons = ["length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded", "stop"];
    const replies = await Promise.all(reasons.map((finishReason) => ask({ text: "Hi.", finishReason })));
    assert.deepEqual(
      replies.map(({ reply }) => reply?.isComplete),
      [false, false, false, false, false, true],
    );
  });

  it("tells what a page says that came in place of a stream", async () => {
    const { error } = await ask({ bytes: ["<title>Log in</title>"], contentType: "text/html" });
    assert.match(error?.message ?? "", /did not answer with a stream\. It said: <title>Log in/);
  });

  it("puts parallel calls together, in order, with their arguments letter for letter", async () => {
    const toolCalls = [
      { id: "a", name: "terminal", arguments: '{"command": "ls"}' },
      { id: "b", name: "think", arguments: '{"thought":"ü"}' },
    ];
    const { reply } = await ask({ toolCalls });
    assert.deepEqual(
      reply?.toolCalls,
      toolCalls.map((call) => ({ ...call, origin: "completion" })),
    );
  });

  it("sorts out the deltas of two calls that come interleaved", async () => {
    const bytes = [
      chunk(callDelta({ index: 1, id: "b", function: { name: "two", arguments: "{" } })),
      chunk(callDelta({ index: 0, id: "a", function: { name: "one", arguments: '{"x"' } })),
      chunk(callDelta({ index: 1, function: { arguments: "}" } })),
      chunk(callDelta({ index: 0, function: { arguments: ":1}" } }), "tool_calls"),
    ];
    const { reply } = await ask({ bytes });
    assert.deepEqual(
      reply?.toolCalls.map(({ id, name, arguments: args }) => [id, name, args]),
      [
        ["a", "one", '{"x":1}'],
        ["b", "two", "{}"],
      ],
    );
  });

  it("tells calls apart by id when a server gives them the same index, or none", async () => {
    const bytes = [
      chunk(callDelta({ index: 0, id: "a", function: { name: "one", arguments: "{}" } })),
      chunk(callDelta({ index: 0, id: "b", function: { name: "one", arguments: "{}" } })),
      chunk(callDelta({ id: "c", function: { name: "three", arguments: '{"x"' } })),
      chunk(callDelta({ function: { arguments: ":1}" } }), "stop"),
    ];
    const { reply } = await ask({ bytes });
    assert.deepEqual(
      reply?.toolCalls.map(({ id, name, arguments: args }) => [id, name, args]),
      [
        ["a", "one", "{}"],
        ["b", "one", "{}"],
        ["c", "three", '{"x":1}'],
      ],
    );
  });

  it("takes a name once when a server repeats it with every piece", async () => {
    const piece = (args: string): string => chunk(callDelta({ index: 0, id: "a", function: { name: "one", arguments: args } }));
    const { reply } = await ask({ bytes: [piece('{"x"'), piece(":1}"), chunk({}, "tool_calls")] });
    assert.deepEqual(reply?.toolCalls, [{ id: "a", name: "one", arguments: '{"x":1}', origin: "completion" }]);
  });

  it("gives ids that are missing or come twice a unique one of at most 40 characters", async () => {
    const bytes = [0, 1, 2].map((index) =>
      chunk(callDelta({ index, ...(index === 0 ? {} : { id: "same" }), function: { name: "t", arguments: "{}" } })),
    );
    const { reply } = await ask({ bytes: [...bytes, chunk({}, "tool_calls")] });
    const ids = reply?.toolCalls.map(({ id }) => id) ?? [];
    assert.equal(new Set(ids).size, 3);
    assert.equal(ids[1], "same");
    assert.ok(
      ids.every((id) => id.length <= 40 && /^[\w-]+$/.test(id)),
      ids.join(),
    );
  });

  it("keeps fifty parallel calls in order", async () => {
    const toolCalls = Array.from({ length: 50 }, (_, index) => ({ id: `c${index}`, name: "t", arguments: `{"n":${index}}` }));
    const { reply } = await ask({ toolCalls });
    assert.deepEqual(
      reply?.toolCalls.map(({ id }) => id),
      toolCalls.map(({ id }) => id),
    );
  });

  it("says that a reply is incomplete when it was cut at its length, whatever is in it", async () => {
    const { reply } = await ask({ text: "Let me", toolCalls: [{ name: "t", arguments: '{"a":' }], finishReason: "length" });
    assert.deepEqual([reply?.isComplete, reply?.text, reply?.toolCalls[0]?.arguments], [false, "Let me", '{"a":']);
  });

  const streams: readonly [string, readonly (string | Uint8Array)[]][] = [
    [
      "CRLF line ends",
      [chunk({ content: "Grüße" }).replaceAll("\n", "\r\n"), chunk({}, "stop").replaceAll("\n", "\r\n"), "data: [DONE]\r\n\r\n"],
    ],
    [
      "comments between the events",
      [": hello\n\n", chunk({ content: "Grüße" }), ": still there\n\n", chunk({}, "stop"), "data: [DONE]\n\n"],
    ],
    ["events that hold nothing", ["data:\n\n", "event: ping\ndata: pong\n\n", chunk({ content: "Grüße" }, "stop"), "data: [DONE] \n\n"]],
    ["bare JSON", [chunk({ content: "Grüße" }, "stop").slice(6)]],
    ["bare JSON and no line's end", [chunk({ content: "Grüße" }, "stop").slice(6).trim()]],
    ["a mark of its byte order", [`\uFEFF${chunk({ content: "Grüße" }, "stop")}`]],
    ["no [DONE]", [chunk({ content: "Grüße" }), chunk({}, "stop")]],
    ["something after [DONE]", [chunk({ content: "Grüße" }, "stop"), "data: [DONE]\n\n", "data: {not json\n\n"]],
    ["a character cut in two", cutBytes(chunk({ content: "Grüße" }) + chunk({}, "stop"))],
    ["chunks without choices", [sse({ id: "chatcmpl-raw", choices: [] }), sse({ choices: null }), chunk({ content: "Grüße" }, "stop")]],
  ];
  for (const [what, bytes] of streams) {
    it(`reads a stream with ${what}`, async () => {
      const { reply, error } = await ask({ bytes });
      assert.equal(error, undefined);
      assert.equal(reply?.text, "Grüße");
    });
  }
});

function cutBytes(text: string): Uint8Array[] {
  const bytes = Buffer.from(text);
  const inside = bytes.indexOf(Buffer.from("ü")) + 1;
  return [bytes.subarray(0, inside), bytes.subarray(inside)];
}
