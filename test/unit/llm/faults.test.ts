import assert from "node:assert/strict";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { chunk, type FakeAnswer, sse, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { apiKey, ask, fare, outcomeOf } from "./asking.ts";

const error = (status: number, body: object | string): FakeAnswer => ({ status, body });

describe("the OpenAI client when a server refuses", () => {
  const noKey = /refused the API key\. Set another key/;
  const noCredit = /no credit left/;
  const final: readonly [string, FakeAnswer, string, RegExp][] = [
    ["401", error(401, { error: { message: "bad key" } }), "LLMAuthenticationError", noKey],
    ["403", error(403, ""), "LLMAuthenticationError", noKey],
    [
      "400 for a key, as Gemini says it",
      error(400, [{ error: { code: 400, message: "API key not valid. Please pass a valid API key." } }]),
      "LLMAuthenticationError",
      /It said: API key not valid\. Please pass/,
    ],
    ["402", error(402, { error: { message: "pay" } }), "LLMQuotaExceededError", noCredit],
    [
      "429 for an empty account",
      error(429, { error: { code: "insufficient_quota", message: "You exceeded" } }),
      "LLMQuotaExceededError",
      noCredit,
    ],
    [
      "400 for an empty account, as Anthropic says it",
      error(400, { error: { message: "Your credit balance is too low to access the API." } }),
      "LLMQuotaExceededError",
      noCredit,
    ],
    ["404", error(404, { error: { message: "no such model" } }), "LLMBadRequestError", /does not know the model "gpt-x"/],
    ["400", error(400, { error: { message: "bad tools" } }), "LLMBadRequestError", /refused the request \(400\)\. It said: bad tools/],
    [
      "422 of a server with another form of error",
      error(422, { detail: [{ loc: ["body"], msg: "field required" }] }),
      "LLMBadRequestError",
      /\(422\)\. It said: field required/,
    ],
    [
      "400 from behind a router",
      error(400, { error: { message: "Provider returned error", code: 400, metadata: { raw: "no tools here" } } }),
      "LLMBadRequestError",
      /It said: Provider returned error no tools here/,
    ],
  ];
  for (const [what, answer, code, sentence] of final) {
    it(`does not try again after ${what}, and says why and who`, async () => {
      const { requests, error: failure, waits } = await fare([answer]);
      assert.deepEqual({ requests, waits, code: failure?.code }, { requests: 1, waits: [], code });
      assert.match(failure?.message ?? "", sentence);
      assert.match(failure?.message ?? "", /127\.0\.0\.1:\d+/);
    });
  }

  const policies: readonly FakeAnswer[] = [
    error(400, { error: { code: "content_filter", message: "no" } }),
    error(400, { error: { innererror: { code: "ResponsibleAIPolicyViolation" }, message: "filtered" } }),
    error(403, { error: { code: 403, message: "gpt-x requires moderation on OpenInference. Your input was flagged." } }),
    { text: "I was", finishReason: "content_filter" },
  ];
  for (const [index, answer] of policies.entries()) {
    it(`does not try again after a content filter, in form ${index + 1}`, async () => {
      const { requests, error: failure } = await fare([answer]);
      assert.deepEqual({ requests, code: failure?.code }, { requests: 1, code: "LLMContentPolicyViolationError" });
    });
  }

  const overflows: readonly [string, FakeAnswer][] = [
    ["OpenAI", error(400, { error: { code: "context_length_exceeded", message: "Your input exceeds the limit" } })],
    [
      "Azure",
      error(400, { error: { message: "This model's maximum context length is 128000 tokens. However, your messages resulted in" } }),
    ],
    ["Anthropic", error(400, { error: { message: "prompt is too long: 250000 tokens > 200000 maximum" } })],
    ["Anthropic, by size", error(413, { error: { type: "request_too_large", message: "Request exceeds the maximum size" } })],
    [
      "Gemini",
      error(400, [{ error: { message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)." } }]),
    ],
    ["vLLM", error(400, { object: "error", message: "This model's maximum context length is 4096 tokens. Please reduce the length" })],
    [
      "vLLM, newer",
      error(400, { error: { message: "The decoder prompt (length 5000) is longer than the maximum model length of 4096." } }),
    ],
    ["llama.cpp", error(400, { error: { type: "exceed_context_size_error", message: "the request exceeds the available context size" } })],
    ["llama.cpp, older", error(500, { error: { message: "the request exceeds the available context size. try increasing it" } })],
    ["Ollama", error(400, { error: "the input length exceeds the context length" })],
    [
      "Mistral",
      error(400, { message: "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length" }),
    ],
    ["xAI", error(400, { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." })],
    ["Groq", error(413, { error: { message: "Request too large for model on tokens per minute", code: "rate_limit_exceeded" } })],
    ["LM Studio", error(400, { error: "The number of tokens to keep from the initial prompt is greater than the context length." })],
    ["Kimi", error(400, { error: { message: "Invalid request: Your request exceeded model token limit: 262144" } })],
    ["TGI", error(422, { error: "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000" })],
    ["a stream", { bytes: [sse({ error: { message: "the request exceeds the available context size", code: 400 } })] }],
  ];
  for (const [who, answer] of overflows) {
    it(`knows that the conversation is too long, in the words of ${who}`, async () => {
      const { requests, error: failure } = await fare([answer]);
      assert.deepEqual({ requests, code: failure?.code }, { requests: 1, code: "LLMContextWindowExceedError" });
      assert.match(failure?.message ?? "", /^The conversation is longer than gpt-x can read\./);
    });
  }

  it("says that a model takes no tools, and what to do", async () => {
    for (const message of ["gemma:2b does not support tools", "No endpoints found that support tool use. Try disabling"]) {
      const { requests, error: failure } = await fare([error(message.startsWith("No") ? 404 : 400, { error: { message } })]);
      assert.deepEqual([requests, failure?.code], [1, "LLMBadRequestError"]);
      assert.match(failure?.message ?? "", /^gpt-x takes no tools at 127.*cannot work without them\. Choose another model\./);
    }
  });

  it("does not take a limit of tokens by the minute for a conversation that is too long", async () => {
    const words = [
      "Too many tokens, please wait before trying again.",
      "This would exceed the rate limit of 40,000 input tokens per minute",
    ];
    const codes = await Promise.all(words.map(async (message) => (await fare([error(429, { error: { message } })])).error?.code));
    assert.deepEqual(codes, ["LLMRateLimitError", "LLMRateLimitError"]);
  });

  const histories: readonly [string, string][] = [
    ["OpenAI", "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."],
    ["DeepSeek", "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"],
    ["Anthropic", "messages.3: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1."],
    ["Gemini", "Please ensure that function call turn comes immediately after a user turn or after a function response turn."],
    ["Mistral", "Not the same number of function calls and responses"],
    ["Mistral, of roles", "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"],
    ["vLLM", "Conversation roles must alternate user/assistant/user/assistant/..."],
  ];
  for (const [who, message] of histories) {
    it(`knows that the order of messages was refused, in the words of ${who}`, async () => {
      const { requests, error: failure } = await fare([error(400, { error: { message, type: "invalid_request_error" } })]);
      assert.deepEqual({ requests, code: failure?.code }, { requests: 1, code: "LLMMalformedConversationHistoryError" });
    });
  }

  it("tells a wrong path from a wrong model", async () => {
    const sentences: string[] = [];
    for (const [path, body] of [
      ["/", "404 page not found"],
      ["/", { error: { message: 'model "gpt-x" not found, try pulling it first' } }],
      ["/v1", "404 page not found"],
      ["/", { error: "Unexpected endpoint or method. (POST /chat/completions)" }],
    ] as const) {
      const isLmStudio = JSON.stringify(body).includes("Unexpected");
      await using server = await startFakeLlm([error(isLmStudio ? 200 : 404, body)]);
      const { error: failure } = await outcomeOf(openAiLlm({ model: "gpt-x", apiKey, baseUrl: new URL(path, server.url).href }));
      sentences.push(failure?.message.replace(/127\.0\.0\.1:\d+/, "HOST") ?? "");
    }
    const noPath = 'HOST has no chat completions below "/". The path of most base URLs ends in /v1: correct the base URL. It said:';
    const noModel = 'HOST does not know the model "gpt-x". Select another model, or check the base URL. It said:';
    assert.deepEqual(sentences, [
      `${noPath} 404 page not found`,
      `${noModel} model "gpt-x" not found, try pulling it first`,
      `${noModel} 404 page not found`,
      `${noPath} Unexpected endpoint or method. (POST /chat/completions)`,
    ]);
  });

  it("never repeats the key, wherever a server repeats it, and cuts what it says", async () => {
    const echo = `Bearer ${apiKey}`;
    const answers: FakeAnswer[] = [
      error(401, { error: { message: `Incorrect API key provided: ${apiKey}.` } }),
      error(500, `<pre>authorization: ${echo}</pre>${"x".repeat(290)}${apiKey}`),
      error(400, { detail: { headers: { authorization: echo } } }),
      { bytes: [chunk({ content: "a" }), sse({ error: { message: echo, code: 500 } })] },
      { bytes: [`<title>${echo}</title>`], contentType: "text/html" },
      error(200, { headers: echo }),
    ];
    for (const answer of answers) {
      const { error: failure, waits } = await fare([answer]);
      const shown = [failure?.message, ...waits.map(({ reason }) => reason)].join("\n");
      const logged = failure?.cause instanceof Error ? failure.cause.stack : "";
      assert.doesNotMatch(`${shown} ${logged}`, /0123456789/);
      assert.match(shown, /\[key\]/);
      assert.ok((failure?.message.length ?? 0) < 420, failure?.message);
    }
  });

  it("shows a refusal of the model as its answer", async () => {
    const { reply } = await ask({ bytes: [chunk({ refusal: "I can't help " }), chunk({ refusal: "with that." }, "stop")] });
    assert.deepEqual([reply?.text, reply?.isComplete], ["I can't help with that.", true]);
  });
});
