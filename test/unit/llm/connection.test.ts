import assert from "node:assert/strict";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { chunk, type FakeAnswer, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { gate } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { apiKey, fare, outcomeOf, waitsIn } from "./asking.ts";

const quick = { maxAttempts: 5, firstWaitMs: 1, maxWaitMs: 5 };

describe("the OpenAI client and the network", () => {
  it("gives up on a server that says nothing, that stops after its headers, and that stops in the middle", async () => {
    const silent = gate();
    const answers: FakeAnswer[] = [
      { text: "never", gate: silent },
      { bytes: [], ending: "silence" },
      { bytes: [chunk({ content: "Hel" })], ending: "silence" },
    ];
    for (const answer of answers) {
      const { error } = await fare([answer], { maxAttempts: 1, firstWaitMs: 1, maxWaitMs: 1 });
      assert.deepEqual([error?.code, error?.message.slice(0, 28)], ["LLMTimeoutError", "The model sent nothing for 0"]);
    }
    silent.release();
  });

  it("asks again when a stream has fallen silent, as it does when the laptop has slept", async () => {
    const { reply, requests } = await fare([{ bytes: [chunk({ content: "Hel" })], ending: "silence" }, { text: "Hello." }]);
    assert.deepEqual({ text: reply?.text, requests }, { text: "Hello.", requests: 2 });
  });

  it("does not give up on a model that thinks, as long as the server says that it does", async () => {
    const thinking = Array.from({ length: 10 }, () => ": thinking\n\n");
    await using server = await startFakeLlm([{ bytes: [...thinking, chunk({ content: "Done." }, "stop")], everyMs: 50 }]);
    const deadlines = { firstByteMs: 300, idleMs: 300 };
    const { chunks } = await outcomeOf(openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url, deadlines }));
    assert.deepEqual(chunks[0], { type: "text", text: "Done." });
  });

  it("gives up on an answer that does not end, whatever it is, without keeping it", async () => {
    const piece = "x".repeat(1_000_000);
    const endless = (begin: string, part: string): FakeAnswer => ({ bytes: [begin, ...Array.from({ length: 60 }, () => part)] });
    const said = chunk({ tool_calls: [{ index: 0, function: { name: "", arguments: piece } }] });
    const answers: FakeAnswer[] = [
      endless("data: ", piece),
      endless("", `data: ${piece}\n`),
      endless("", chunk({ content: piece })),
      endless("", said),
      { ...endless("{", piece), contentType: "application/json" },
      { status: 500, body: piece.repeat(60) },
    ];
    for (const [index, answer] of answers.entries()) {
      await using server = await startFakeLlm([answer]);
      const { error } = await outcomeOf(openAiLlm({ model: "m", apiKey, baseUrl: server.url }));
      assert.match(error?.code ?? "", /^LLM(NoResponse|ServiceUnavailable)Error$/, `answer ${index}`);
      assert.ok((error?.message.length ?? 0) < 600);
      await until(`answer ${index} to be cut off`, async () => server.aborted() === 1);
    }
  });

  it("asks three times where no connection can be made, and names the host and the reason", async () => {
    const gone = await startFakeLlm([]);
    await gone[Symbol.asyncDispose]();
    await using plain = await startFakeLlm([]);
    const places: readonly [string, RegExp][] = [
      [gone.url, /^127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\. Check the address and the network\.$/],
      ["http://no-such-host.invalid/v1", /^no-such-host\.invalid cannot be reached \(E\w+\)/],
      // A server without TLS is spoken to with TLS.
      [plain.url.replace("http:", "https:"), /^127\.0\.0\.1:\d+ cannot be reached \(.*SSL.*\)/],
    ];
    for (const [baseUrl, sentence] of places) {
      const { chunks, error } = await outcomeOf(withRetry(openAiLlm({ model: "m", apiKey, baseUrl }), quick));
      assert.deepEqual([error?.code, waitsIn(chunks).length], ["LLMServiceUnavailableError", 2], baseUrl);
      assert.match(error?.message ?? "", sentence);
    }
  });
});
