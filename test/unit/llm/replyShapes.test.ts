import assert from "node:assert/strict";
import type { LlmChunk } from "../../../src/llm/llm.ts";
import { chunk, type FakeAnswer, sse } from "../../support/fakeLlmServer.ts";
import { ask } from "./asking.ts";

const textOfChunks = (chunks: readonly LlmChunk[], type: string): string =>
  chunks.map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
const whole = (message: unknown, finish_reason: string | null = "stop", more: object = {}): FakeAnswer => ({
  status: 200,
  body: { id: "chatcmpl-1", object: "chat.completion", choices: [{ index: 0, message, finish_reason }], ...more },
});
const call = (name: string, args: unknown, id?: string): object => ({
  ...(id ? { id } : {}),
  type: "function",
  function: { name, arguments: args },
});

describe("the OpenAI client and servers with ways of their own", () => {
  it("takes an answer that is not streamed", async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const message = {
      role: "assistant",
      content: "Hi.",
      reasoning_content: "Hm.",
      tool_calls: [call("one", "{}", "a"), call("two", "{}")],
    };
    const { reply, chunks } = await ask(whole(message, "tool_calls", { usage }));
    const [first, second] = reply?.toolCalls ?? [];
    assert.match(second?.id ?? "", /^call_\w{32}$/);
    assert.deepEqual(reply, {
      id: "chatcmpl-1",
      text: "Hi.",
      reasoning: "Hm.",
      toolCalls: [first, { id: second?.id, name: "two", arguments: "{}", origin: "completion" }],
      isComplete: true,
      usage: { ...usage, cache_read_tokens: 0, reasoning_tokens: 0 },
    });
    assert.deepEqual(first, { id: "a", name: "one", arguments: "{}", origin: "completion" });
    assert.equal(textOfChunks(chunks, "text"), "Hi.");
  });

  it("takes an answer that says nothing for what it is: an empty reply", async () => {
    const silent = { text: "", reasoning: "", toolCalls: [], isComplete: true };
    for (const answer of [whole(null), whole({ role: "assistant", content: null }), { bytes: [chunk({}, "stop")] }]) {
      const { reply } = await ask(answer);
      assert.deepEqual({ ...reply, id: undefined }, { id: undefined, ...silent });
    }
    const { reply } = await ask({ bytes: [chunk({ reasoning_content: "Hm." }, "stop")] });
    assert.deepEqual([reply?.text, reply?.reasoning], ["", "Hm."]);
  });

  it("does not take a whole answer that was cut at its length for complete", async () => {
    const { reply } = await ask(whole({ content: null, tool_calls: [call("one", '{"a":', "a")] }, "length"));
    assert.deepEqual([reply?.isComplete, reply?.toolCalls[0]?.arguments], [false, '{"a":']);
  });

  it("takes arguments that come as an object for the JSON of it", async () => {
    const pieces = [
      await ask({ bytes: [chunk({ tool_calls: [{ index: 0, ...call("one", { path: "/a", n: [1, null] }, "a") }] }, "tool_calls")] }),
      await ask(whole({ content: "", tool_calls: [call("one", { path: "/a", n: [1, null] }, "a")] }, "tool_calls")),
    ];
    for (const { reply } of pieces) assert.equal(reply?.toolCalls[0]?.arguments, '{"path":"/a","n":[1,null]}');
  });

  it("takes arguments of five megabytes, letter for letter", async () => {
    const text = `{"text":"${"ü🌹 ".repeat(700_000)}"}`;
    const pieces = text.match(/[^]{1,65536}/gu) ?? [];
    const bytes = pieces.map((part) => chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "one", arguments: part } }] }));
    const { reply } = await ask({ bytes: [...bytes, chunk({}, "tool_calls")] });
    assert.ok(reply?.toolCalls[0]?.arguments === text);
  });

  it("takes a call in the form of before there were several", async () => {
    const piece = (function_call: object): string => chunk({ function_call });
    const bytes = [
      piece({ name: "one", arguments: "" }),
      piece({ arguments: '{"x"' }),
      piece({ arguments: ":1}" }),
      chunk({}, "function_call"),
    ];
    const { reply } = await ask({ bytes });
    assert.deepEqual(
      reply?.toolCalls.map(({ name, arguments: args }) => [name, args]),
      [["one", '{"x":1}']],
    );
  });

  it("reads one answer where a server sends several", async () => {
    const piece = (index: number, delta: object, finish_reason: string | null = null): object => ({ index, delta, finish_reason });
    const of = (...choices: object[]): string => sse({ id: "a", choices });
    const made = (name: string): object => ({ tool_calls: [{ index: 0, id: name, function: { name, arguments: "{}" } }] });
    const apart = [of(piece(0, { content: "Hel" })), of(piece(1, { content: "Other" })), of(piece(1, made("other"), "stop"))];
    const { reply } = await ask({ bytes: [...apart, of(piece(1, {}, "stop"), piece(0, { content: "lo", ...made("one") }, "tool_calls"))] });
    assert.deepEqual([reply?.text, reply?.toolCalls.map(({ name }) => name)], ["Hello", ["one"]]);
    const together = of(piece(1, { content: "Other" }, "stop"), piece(0, { content: "One" }, "stop"));
    assert.equal((await ask({ bytes: [together] })).reply?.text, "One");
    assert.equal((await ask({ bytes: [of(piece(1, { content: "Only" }, "stop"))] })).reply?.text, "Only");
  });

  it("gives ids that another provider would refuse a new one", async () => {
    const ids = ["a".repeat(41), "a b", "\ud800", "functions.one:0"];
    const bytes = ids.map((id, index) => chunk({ tool_calls: [{ index, ...call("one", "{}", id) }] }));
    const { reply } = await ask({ bytes: [...bytes, chunk({}, "tool_calls")] });
    const taken = reply?.toolCalls.map(({ id }) => id) ?? [];
    assert.equal(taken.pop(), "functions.one:0");
    for (const id of taken) assert.match(id, /^call_\w{32}$/);
  });

  it("passes over calls that are none", async () => {
    const { reply } = await ask({
      bytes: [chunk({ tool_calls: [null, "x"] }), chunk({ tool_calls: {} }), chunk({ content: "Hi." }, "stop")],
    });
    assert.deepEqual([reply?.text, reply?.toolCalls], ["Hi.", []]);
  });

  it("reads reasoning by every name, and out of parts", async () => {
    const thought = { type: "thinking", thinking: [{ type: "text", text: "So " }] };
    const bytes = [
      chunk({ reasoning_content: "", reasoning: "Hm. " }),
      chunk({ content: [thought, { type: "thinking", thinking: "then. " }] }),
      chunk({ reasoning_content: "Yes." }),
      chunk({ content: [{ type: "text", text: "Hi." }] }, "stop"),
    ];
    const { reply } = await ask({ bytes });
    assert.deepEqual([reply?.text, reply?.reasoning], ["Hi.", "Hm. So then. Yes."]);
  });

  const thoughts: readonly [string, readonly string[], string, string][] = [
    ["in one piece", ["<think>\nHm.\n</think>\n\nHi."], "Hm.", "Hi."],
    ["cut anywhere", "\n<think>Hm. </thin king</think>\n Hi.".split(""), "Hm. </thin king", "Hi."],
    ["with nothing in it", ["<think>\n\n</think>\n\n", "Hi."], "", "Hi."],
    ["that does not end", ["<think>Hm.", " So.</th"], "Hm. So.</th", ""],
    ["behind the beginning", ["Write <think>x</think>."], "", "Write <think>x</think>."],
    ["that is none", ["<thi", "s> is it"], "", "<this> is it"],
    ["that never becomes one", ["<thi"], "", "<thi"],
  ];
  for (const [what, pieces, reasoning, text] of thoughts) {
    it(`tells thinking from answer: a tag ${what}`, async () => {
      const { reply, chunks } = await ask({ bytes: [...pieces.map((content) => chunk({ content })), chunk({}, "stop")] });
      assert.deepEqual([reply?.reasoning, reply?.text], [reasoning, text]);
      assert.deepEqual([textOfChunks(chunks, "reasoning"), textOfChunks(chunks, "text")], [reasoning, text]);
    });
  }

  it("reads usage in every chunk, the last one counting, and usage beside the end", async () => {
    const counted = (content: string, completion_tokens: number, finish_reason: string | null = null): string =>
      sse({ id: "a", choices: [{ delta: { content }, finish_reason }], usage: { prompt_tokens: 9, completion_tokens } });
    const { reply } = await ask({ bytes: [counted("a", 1), counted("b", 2), counted("c", 3, "stop")] });
    assert.deepEqual(reply?.usage, { prompt_tokens: 9, completion_tokens: 3, cache_read_tokens: 0, reasoning_tokens: 0 });
  });
});
