import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import type { Llm } from "../../../src/llm/llm.ts";
import { type CheckStep, checkModel } from "../../../src/llm/modelCheck.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { type FakeAnswer, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { gate } from "../../support/scripts.ts";
import { never } from "./asking.ts";

const counting = { text: "one two three four five six seven eight nine ten" };
const calling = { toolCalls: [{ name: "report_number", arguments: { number: 417 } }] };
const seeing = { text: "Yellow." };

const model = (baseUrl: string, name = "m"): Llm => withRetry(openAiLlm({ model: name, apiKey: "k", baseUrl }));

/** Each check with its end, and the detail without how long it took. */
async function endsOf(llm: Llm, signal = never): Promise<Record<string, [CheckStep["outcome"], string]>> {
  const ends: Record<string, [CheckStep["outcome"], string]> = {};
  for await (const step of checkModel(llm, signal)) {
    if (step.outcome !== "running") ends[step.name] = [step.outcome, step.detail.replaceAll(/\d+ ms/g, "… ms")];
  }
  return ends;
}

async function check(answers: readonly FakeAnswer[]): Promise<Record<string, [CheckStep["outcome"], string]>> {
  await using server = await startFakeLlm(answers);
  return await endsOf(model(server.url));
}

describe("the test of a model", () => {
  it("proves streaming, tool calls and images, and tells what is not known", async () => {
    await using server = await startFakeLlm([counting, calling, seeing]);
    assert.deepEqual(await endsOf(model(server.url)), {
      streaming: ["passed", "The first text came after … ms, the answer in 10 pieces."],
      tools: ["passed", "It called a tool with the right argument."],
      images: ["passed", "It named the colour of a picture."],
      context: ["unknown", "Not known, so long conversations are not summarized in time. A profile can give it."],
      price: ["unknown", "Not known, so what a conversation costs is not shown. A profile can give both prices."],
    });
    const [, tools, images] = server.requests;
    assert.equal(tools?.body.tools?.length, 1);
    assert.match(JSON.stringify(images?.body.messages), /data:image\/png;base64,iVBOR/);
  });

  it("says in the endpoint's own words what it refused, and does not call unknown what failed, nor failed what is unknown", async () => {
    const noTools = { status: 400, body: { error: { message: "m does not support tools" } } };
    const busy = { status: 429, body: { error: { message: "Slow down, friend." } }, headers: { "retry-after": "30" } };
    const { tools, images } = await check([counting, noTools, busy]);
    assert.equal(tools?.[0], "failed");
    assert.match(tools[1], /takes no tools.*It said: m does not support tools/);
    assert.equal(images?.[0], "unknown");
    assert.match(images[1], /is limiting requests\. It said: Slow down, friend\./);
  });

  it("tells words from calls, wrong arguments from right ones, and a guess from a look", async () => {
    const { tools } = await check([counting, { text: "I would call report_number(417)." }, seeing]);
    assert.deepEqual(tools, ["failed", "It was asked to call a tool and did not. It said: I would call report_number(417)."]);
    const wrong = await check([counting, { toolCalls: [{ name: "report_number", arguments: '{"number":' }] }, { text: "Red, I think." }]);
    assert.deepEqual(wrong["tools"], ["failed", 'It called the tool with other arguments than it was told: {"number":']);
    assert.deepEqual(wrong["images"], ["limited", "It did not see the colour of a picture, which is yellow. It said: Red, I think."]);
  });

  it("asks nothing more when the first question was not answered", async () => {
    await using server = await startFakeLlm([{ status: 401, body: { error: { message: "Unknown key." } } }]);
    const { streaming, tools, images } = await endsOf(model(server.url));
    assert.match(streaming?.[1] ?? "", /refused the API key\. Set another key\. It said: Unknown key\./);
    assert.deepEqual([streaming?.[0], tools?.[0], images?.[0], server.requests.length], ["failed", "unknown", "unknown", 1]);
  });

  it("says that an answer came in one piece, when it was long enough to come in more", async () => {
    const whole = {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: counting.text } }],
    };
    const { streaming } = await check([{ bytes: [JSON.stringify(whole)], contentType: "application/json" }, calling, seeing]);
    assert.equal(streaming?.[0], "limited");
  });

  it("ends at once when it is cancelled", async () => {
    const waiting = gate();
    await using server = await startFakeLlm([{ ...counting, gate: waiting }]);
    const cancel = new AbortController();
    const ends = endsOf(model(server.url), cancel.signal);
    await waiting.reached;
    cancel.abort(new Error("closed"));
    await assert.rejects(ends, /closed/);
    waiting.release();
  });

  it("has the same opinion of a server that others wrote", async () => {
    const server = new LLMock({ port: 0, strict: true });
    server.onMessage(/Count from one/, { content: counting.text }, { chunkSize: 4 });
    server.onMessage(/Call the tool/, { toolCalls: [{ name: "report_number", arguments: '{"number":417}' }] });
    server.onMessage(/What colour/, { content: "It is yellow." });
    await server.start();
    try {
      const { streaming, tools, images } = await endsOf(model(`${server.url}/v1`, "gpt-5"));
      assert.deepEqual([streaming?.[0], tools?.[0], images?.[0]], ["passed", "passed", "passed"]);
    } finally {
      await server.stop();
    }
  });
});
