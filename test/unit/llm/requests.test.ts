import assert from "node:assert/strict";
import { endpointOf } from "../../../src/llm/endpoint.ts";
import { factsOf } from "../../../src/llm/knownModels.ts";
import type { ChatMessage, LlmRequest } from "../../../src/llm/llm.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { type ImageContent, textContent } from "../../../src/protocol/content.ts";
import { chunk, type FakeAnswer, type FakeLlm, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { outcomeOf, question } from "./asking.ts";

const image = (name: string): ImageContent => ({ type: "image", image_urls: [`data:image/png;base64,${name}`] });
const shown = (name: string): object => ({ type: "image_url", image_url: { url: `data:image/png;base64,${name}` } });
const view = (id: string, path: string) => ({
  id,
  name: "file_editor",
  arguments: JSON.stringify({ path }),
  origin: "completion" as const,
});
const calls = (...made: ReturnType<typeof view>[]): ChatMessage => ({ role: "assistant", content: "", toolCalls: made });
const result = (toolCallId: string, ...content: (ImageContent | ReturnType<typeof textContent>)[]): ChatMessage => ({
  role: "tool",
  toolCallId,
  content,
});
const says = (text: string): ChatMessage => ({ role: "user", content: [textContent(text)] });

const open = (server: FakeLlm) => openAiLlm({ model: "m", apiKey: "key", baseUrl: server.url });
const request = (...messages: ChatMessage[]): LlmRequest => ({ messages, tools: [] });
const tool = { name: "t", description: "d", parameters: { type: "object" } };

/** The messages that a server is sent which answers first so, and then well. */
async function sent(messages: ChatMessage[], ...first: FakeAnswer[]) {
  await using server = await startFakeLlm([...first, { text: "ok" }]);
  const { reply, error } = await outcomeOf(open(server), request(...messages));
  assert.equal(error, undefined);
  assert.equal(reply?.text, "ok");
  return server.requests.map(({ body }) => body.messages);
}

describe("the requests of the OpenAI client", () => {
  it("say the model, the messages, the tools and the key, and ask for a stream with its usage", async () => {
    await using server = await startFakeLlm([{ text: "ok" }]);
    const messages: ChatMessage[] = [
      { role: "system", content: "Be kind." },
      { role: "user", content: [textContent("Look"), image("AA==")] },
      { role: "assistant", content: "", toolCalls: [{ id: "a", name: "not a name!", arguments: "", origin: "completion" }] },
      result("a", textContent("1"), textContent("2")),
    ];
    await outcomeOf(open(server), { messages, tools: [tool] });
    const [received] = server.requests;
    assert.equal(received?.headers["authorization"], "Bearer key");
    assert.equal(received?.path, "/v1/chat/completions");
    assert.deepEqual(received?.body, {
      model: "m",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: [{ type: "text", text: "Look" }, shown("AA==")] },
        // A name that no provider takes back, and arguments that are no JSON, would make every further request fail.
        { role: "assistant", content: "", tool_calls: [{ id: "a", type: "function", function: { name: "not_a_name_", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "a", content: "1\n2" },
      ],
      tools: [{ type: "function", function: { name: "t", description: "d", parameters: { type: "object" } } }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it("show images of results behind all results of the reply", async () => {
    const messages = [
      says("Look at both."),
      calls(view("a", "/one.png"), view("b", "/two.png"), view("c", "/three.txt")),
      result("a", textContent("one"), image("1")),
      result("b", image("2")),
      result("c", textContent("three")),
      calls(view("d", "/four.png")),
      result("d", image("4")),
      says("And?"),
    ];
    const [received] = await sent(messages);
    const note = "[image: in the message after the results]";
    assert.deepEqual(
      received?.filter(({ role }) => role !== "assistant"),
      [
        { role: "user", content: "Look at both." },
        { role: "tool", tool_call_id: "a", content: `one\n${note}` },
        { role: "tool", tool_call_id: "b", content: note },
        { role: "tool", tool_call_id: "c", content: "three" },
        {
          role: "user",
          content: [{ type: "text", text: "Image from /one.png:" }, shown("1"), { type: "text", text: "Image from /two.png:" }, shown("2")],
        },
        { role: "tool", tool_call_id: "d", content: note },
        { role: "user", content: [{ type: "text", text: "Image from /four.png:" }, shown("4"), { type: "text", text: "And?" }] },
      ],
    );
  });

  it("say what is not shown to a model that is known to take no images", async () => {
    await using server = await startFakeLlm([{ text: "ok" }]);
    const facts = { ...factsOf({ model: "m", base_url: server.url }), hasVision: false };
    const messages = [
      { role: "user" as const, content: [textContent("Look"), image("1")] },
      calls(view("a", "/a.png")),
      result("a", image("2")),
    ];
    const llm = openAiLlm({ model: "m", apiKey: "key", baseUrl: server.url, facts });
    await outcomeOf(llm, request(...messages));
    const note = "[image: not shown, because the model does not take images]";
    assert.deepEqual(
      server.requests[0]?.body.messages.map(({ content }) => content),
      [`Look\n${note}`, "", note],
    );
  });

  const refusals: readonly [string, FakeAnswer][] = [
    ["OpenAI", { status: 400, body: { error: { message: "Invalid content type. image_url is only supported by certain models." } } }],
    ["DeepSeek", { status: 400, body: { error: { message: "messages[7]: unknown variant `image_url`, expected `text`" } } }],
    ["OpenRouter", { status: 404, body: { error: { message: "No endpoints found that support image input", code: 404 } } }],
    ["llama.cpp", { status: 500, body: { error: { message: "image input is not supported - hint: provide the mmproj" } } }],
    ["vLLM", { status: 400, body: { error: { message: "m is not a multimodal model" } } }],
  ];
  for (const [who, answer] of refusals) {
    it(`go without images when the endpoint refuses them in the words of ${who}, now and later`, async () => {
      await using server = await startFakeLlm([answer, { text: "ok" }, { text: "ok" }]);
      const llm = open(server);
      const messages = [{ role: "user" as const, content: [textContent("Look"), image("1")] }];
      for (const round of [1, 2]) assert.equal((await outcomeOf(llm, request(...messages))).reply?.text, "ok", `round ${round}`);
      const note = "Look\n[image: not shown, because the model does not take images]";
      assert.deepEqual(
        server.requests.slice(1).map(({ body }) => body.messages[0]?.["content"]),
        [note, note],
      );
    });
  }

  it("keep the images when the refusal is about something else", async () => {
    await using server = await startFakeLlm([{ status: 400, body: { error: { message: "bad tools" } } }]);
    const { error } = await outcomeOf(open(server), request({ role: "user", content: [image("1")] }));
    assert.deepEqual([error?.code, server.requests.length], ["LLMBadRequestError", 1]);
  });

  it("go without stream_options when the endpoint refuses them, now and later", async () => {
    const answer = { status: 400, body: { error: { message: "Unrecognized request argument supplied: stream_options" } } };
    await using server = await startFakeLlm([answer, { text: "ok" }, { text: "ok" }]);
    const llm = open(server);
    for (const round of [1, 2]) assert.equal((await outcomeOf(llm)).reply?.text, "ok", `round ${round}`);
    assert.deepEqual(
      server.requests.map(({ body }) => "stream_options" in body),
      [true, false, false],
    );
  });

  it("ask not to think when an endpoint takes tools only so", async () => {
    const message = "Function tools with reasoning_effort are not supported for m in /v1/chat/completions. Set reasoning_effort to 'none'.";
    await using server = await startFakeLlm([{ status: 400, body: { error: { message } } }, { text: "ok" }]);
    const { reply } = await outcomeOf(open(server), { ...question, tools: [tool] });
    assert.equal(reply?.text, "ok");
    assert.deepEqual(
      server.requests.map(({ body }) => body["reasoning_effort"]),
      [undefined, "none"],
    );
  });

  const asked: ChatMessage[] = [says("Go."), calls(view("a", "/a")), result("a", textContent("A."))];
  const piece = chunk({
    ...{ reasoning_content: "Hm.", role: "assistant" },
    tool_calls: [
      {
        index: 0,
        id: "b",
        function: { name: "file_editor", arguments: '{"path":"/b"}' },
        extra_content: { google: { thought_signature: "S" } },
      },
    ],
  });
  const answered: ChatMessage[] = [...asked, calls(view("b", "/b")), result("b", textContent("B."))];

  it("give the model's reasoning back to an endpoint that wants it, and an empty one where it is not known any more", async () => {
    const message = "The `reasoning_content` in the thinking mode must be passed back to the API.";
    await using server = await startFakeLlm([
      { bytes: [piece, chunk({}, "tool_calls")] },
      { status: 400, body: { error: { message } } },
      { text: "ok" },
    ]);
    const llm = open(server);
    for (const messages of [asked, answered]) await outcomeOf(llm, request(...messages));
    const reasonings = server.requests.map(({ body }) =>
      body.messages.flatMap((sentOne) => (sentOne["role"] === "assistant" ? [sentOne["reasoning_content"]] : [])),
    );
    assert.deepEqual(reasonings, [[undefined], [undefined, undefined], ["", "Hm."]]);
  });

  it("give the signature of a call back, and stand in for one that an endpoint misses", async () => {
    const message = "Function call is missing a thought_signature in functionCall parts.";
    const refusal = { status: 400, body: [{ error: { code: 400, message, status: "INVALID_ARGUMENT" } }] };
    await using server = await startFakeLlm([{ bytes: [piece, chunk({}, "tool_calls")] }, refusal, { text: "ok" }]);
    const llm = open(server);
    for (const messages of [asked, answered]) await outcomeOf(llm, request(...messages));
    const extras = server.requests.map(({ body }) =>
      body.messages.flatMap(
        (sentOne) => (sentOne["tool_calls"] as { extra_content?: unknown }[] | undefined)?.map((made) => made.extra_content) ?? [],
      ),
    );
    const own = { google: { thought_signature: "S" } };
    const standIn = { google: { thought_signature: "skip_thought_signature_validator" } };
    assert.deepEqual(extras, [[undefined], [undefined, own], [standIn, own]]);
  });

  it("put a word of the model between results and a person's message where an endpoint wants turns", async () => {
    const refusal = { status: 400, body: { message: "Unexpected role 'user' after role 'tool'", code: "3230" } };
    const roles = async (...messages: ChatMessage[]): Promise<string[]> => {
      const [, received] = await sent(messages, refusal);
      return received?.map(({ role }) => String(role)) ?? [];
    };
    assert.deepEqual(await roles(...asked, says("And?"), says("Well?")), ["user", "assistant", "tool", "assistant", "user", "user"]);
    const viewed = [says("Go."), calls(view("a", "/a")), result("a", image("1"))];
    assert.deepEqual(await roles(...viewed), ["user", "assistant", "tool", "assistant", "user"]);
    assert.deepEqual(await roles(...viewed, says("And?")), ["user", "assistant", "tool", "assistant", "user"]);
  });

  it("are whole Unicode, whatever half of a letter somebody has cut off", async () => {
    const half = "\ud83c";
    const made = { ...view("a", "/a"), arguments: JSON.stringify({ path: "/\ud800" }).replace("\\ud800", half) };
    const kept = 'a "\\\\ud83c" stays';
    const [messages] = await sent([says(half), calls(made), result("a", textContent(`x${half}`), image("1")), says(kept)]);
    const json = JSON.stringify(messages);
    assert.doesNotMatch(json.replaceAll("\\\\", ""), /\\ud[89a-f]/);
    assert.ok(json.includes("x\ufffd") && json.includes(JSON.stringify(kept).slice(1, -1)), json);
  });

  it("stop when a server refuses whatever is left out", async () => {
    const message = "no image, no stream_options, and reasoning_effort none";
    await using server = await startFakeLlm([{ status: 400, body: { error: { message } } }], { repeatsLast: true });
    const { error } = await outcomeOf(open(server), { messages: [{ role: "user", content: [image("1")] }], tools: [tool] });
    assert.deepEqual([error?.code, server.requests.length], ["LLMBadRequestError", 4]);
  });

  it("go to the same place however a base URL is written", async () => {
    const paths = async (...written: string[]): Promise<string[]> => {
      await using server = await startFakeLlm([{ text: "ok" }], { repeatsLast: true });
      for (const path of written) await outcomeOf(openAiLlm({ model: "m", apiKey: "key", baseUrl: new URL(path, server.url).href }));
      return server.requests.map(({ path }) => path);
    };
    assert.deepEqual(await paths("/v1", "/v1/", "/v1/chat/completions", "/v1/chat/completions/", "/", "/api/v3?tenant=a%20b#x"), [
      ...Array.from({ length: 4 }, () => "/v1/chat/completions"),
      "/chat/completions",
      "/api/v3/chat/completions?tenant=a%20b",
    ]);
  });

  it("go to Azure with its header, and with its version where an address needs one", () => {
    const headers = { authorization: null, "api-key": "key" };
    const azure = (path: string, host = "x.openai.azure.com"): string => endpointOf(`https://${host}${path}`, "key").baseUrl;
    assert.deepEqual(endpointOf("https://x.openai.azure.com/", "key"), {
      baseUrl: "https://x.openai.azure.com/openai/v1",
      host: "x.openai.azure.com",
      path: "/openai/v1",
      headers,
    });
    assert.equal(azure("/openai/v1/", "x.cognitiveservices.azure.com"), "https://x.cognitiveservices.azure.com/openai/v1");
    const deployment = "https://x.openai.azure.com/openai/deployments/d?api-version=";
    assert.equal(azure("/openai/deployments/d"), `${deployment}2024-10-21`);
    assert.equal(azure("/openai/deployments/d/chat/completions?api-version=2025-01-01-preview"), `${deployment}2025-01-01-preview`);
    assert.deepEqual(endpointOf("https://openai.azure.com.example.com/v1", "key").headers, {});
  });

  it("can leave the bearer token away for a header of another name", async () => {
    await using server = await startFakeLlm([{ text: "ok" }]);
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI({ apiKey: "key", baseURL: server.url, maxRetries: 0 });
    const { headers } = endpointOf("https://x.openai.azure.com", "key");
    const body = { model: "m", messages: [] };
    await client.post("/chat/completions", { body, headers }).asResponse();
    const received = server.requests[0]?.headers;
    assert.deepEqual([received?.["api-key"], received?.["authorization"]], ["key", undefined]);
  });
});
