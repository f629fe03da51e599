import assert from "node:assert/strict";
import { Readable } from "node:stream";
import fc from "fast-check";
import { readEventStream } from "../../../src/llm/eventStream.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { chunk, type FakeBytes, sse, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { collect } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";

const forever = (): undefined => undefined;

describe("a stream of events", () => {
  it("is read the same, however its bytes are cut", async () => {
    const text = ': hello\n\ndata: {"ü":1}\r\n\r\nevent: error\ndata:a\ndata: b\n\nretry: 3\n\ndata: not whole\n';
    const bytes = new TextEncoder().encode(text);
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((places) => [0, ...places.toSorted((a, b) => a - b), bytes.length]);
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
        const read = await collect(readEventStream(Readable.from(pieces), forever));
        assert.equal(read.length, pieces.length);
        assert.deepEqual(read.flat(), [
          { name: "", data: '{"ü":1}' },
          { name: "error", data: "a\nb" },
        ]);
      }),
    );
  });
});

describe("a reply whose connection stays open", () => {
  const usage = sse({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } });
  const replies: readonly [string, readonly string[], number | undefined][] = [
    ["is over when it was counted", [chunk({ content: "Hi." }, "stop"), usage], 3],
    ["is over at its [DONE]", [chunk({ content: "Hi." }, "stop"), "data: [DONE]\n\n"], undefined],
    ["is over a while after its finish reason", [chunk({ content: "Hi." }, "stop")], undefined],
  ];
  for (const [what, bytes, tokens] of replies) {
    it(what, async () => {
      const answer: FakeBytes = { bytes, ending: "silence" };
      await using server = await startFakeLlm([answer]);
      const llm = openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url });
      const messages = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }];
      const last = (await collect(llm.stream({ messages, tools: [] }, new AbortController().signal))).at(-1);
      assert.deepEqual(last?.type === "reply" && [last.reply.text, last.reply.usage?.prompt_tokens], ["Hi.", tokens]);
      await until("the request to end", async () => server.aborted() === 1);
    });
  }

  it("ends when nobody reads on", async () => {
    await using server = await startFakeLlm([{ bytes: [chunk({ content: "Hi." })], ending: "silence" }]);
    const llm = openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url });
    for await (const part of llm.stream({ messages: [], tools: [] }, new AbortController().signal)) if (part.type === "text") break;
    await until("the request to end", async () => server.aborted() === 1);
  });
});
