import assert from "node:assert/strict";
import { factsOf } from "../../../src/llm/knownModels.ts";
import type { Llm, LlmChunk, LlmReply, LlmRequest } from "../../../src/llm/llm.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { textContent } from "../../../src/protocol/content.ts";
import type { LlmRef } from "../../../src/protocol/state.ts";
import { type FakeAnswer, type FakeRequest, startFakeLlm } from "../../support/fakeLlmServer.ts";

export const never = new AbortController().signal;
export const question: LlmRequest = { messages: [{ role: "user", content: [textContent("Hi")] }], tools: [] };
export const apiKey = "sk-secret-0123456789";

export interface Outcome {
  readonly chunks: readonly LlmChunk[];
  readonly reply: LlmReply | undefined;
  readonly error: LlmError | undefined;
}

/** What comes of asking: the chunks, and the reply or the error. */
export async function outcomeOf(llm: Llm, request = question, signal = never): Promise<Outcome> {
  const chunks: LlmChunk[] = [];
  try {
    for await (const part of llm.stream(request, signal)) chunks.push(part);
  } catch (error) {
    assert.ok(error instanceof LlmError, error instanceof Error ? error.stack : "not even an Error");
    return { chunks, reply: undefined, error };
  }
  const last = chunks.at(-1);
  return { chunks, reply: last?.type === "reply" ? last.reply : undefined, error: undefined };
}

/** What one call comes to with a server that answers so. */
export async function ask(answer: FakeAnswer, request = question): Promise<Outcome & { readonly requests: readonly FakeRequest[] }> {
  await using server = await startFakeLlm([answer]);
  const llm = openAiLlm({ model: "m", apiKey: "key", baseUrl: server.url, deadlines: { firstByteMs: 400, idleMs: 400 } });
  return { ...(await outcomeOf(llm, request)), requests: server.requests };
}

export interface Fare extends Outcome {
  readonly requests: number;
  readonly waits: readonly Extract<LlmChunk, { type: "waiting" }>[];
}

const quick = { maxAttempts: 5, firstWaitMs: 1, maxWaitMs: 20 };

/** How a model with retries fares with a server that answers so, the last answer again and again. */
export async function fare(answers: readonly FakeAnswer[], options = quick): Promise<Fare> {
  await using server = await startFakeLlm(answers, { repeatsLast: true });
  const client = openAiLlm({ model: "gpt-x", apiKey, baseUrl: server.url, deadlines: { firstByteMs: 300, idleMs: 300 } });
  const outcome = await outcomeOf(withRetry(client, options));
  return { ...outcome, requests: server.requests.length, waits: waitsIn(outcome.chunks) };
}

export function waitsIn(chunks: readonly LlmChunk[]): Fare["waits"] {
  return chunks.flatMap((part) => (part.type === "waiting" ? [part] : []));
}

/** The cost of a reply whose usage is this, from a model with these settings. */
export async function costOfReply(usage: Readonly<Record<string, unknown>>, settings: Partial<LlmRef>): Promise<number | undefined> {
  await using server = await startFakeLlm([{ text: "Hi.", usage }]);
  const facts = factsOf({ model: "m", base_url: server.url, ...settings });
  const { reply } = await outcomeOf(openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url, facts }));
  return reply?.costUsd;
}
