import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { TokenUsage } from "../protocol/metrics.ts";
import type { Llm, LlmChunk, LlmReply, LlmRequest } from "./llm.ts";

/** One recorded reply, as it stands in a file of replies. */
export const ScriptedReply = z.strictObject({
  text: z.string().optional(),
  reasoning: z.string().optional(),
  tool_calls: z.array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
  /** Absent: none, which costs nothing. Null for `cost_usd`: the price is not known. */
  usage: TokenUsage.optional(),
  cost_usd: z.number().min(0).nullish(),
});
export type ScriptedReply = z.infer<typeof ScriptedReply>;

export interface ScriptOptions {
  readonly model?: string;
  readonly isDemo?: boolean;
  /** Between two words of a text, in milliseconds: 0 sends each text at once. */
  readonly wordDelayMs?: number;
  /** Said once the script is over. */
  readonly epilogue?: string;
}

const noUsage: TokenUsage = { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, reasoning_tokens: 0 };

/**
 * A model that plays `replies`: the n-th answer of a conversation is the n-th reply.
 *
 * It counts the assistant messages in the request and keeps no state, so a reopened conversation goes on where it was.
 */
export function scriptedLlm(replies: readonly ScriptedReply[], options: ScriptOptions = {}): Llm {
  const { model = "scripted", isDemo = false, wordDelayMs = 0, epilogue = "The script is over." } = options;

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    signal.throwIfAborted();
    const index = request.messages.filter((message) => message.role === "assistant").length;
    const script = replies[index] ?? { text: epilogue };
    for (const type of ["reasoning", "text"] as const) {
      for (const word of (script[type] ?? "").match(/\S+\s*|\s+/g) ?? []) {
        if (wordDelayMs > 0) await sleep(wordDelayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
        yield { type, text: word };
      }
    }
    yield { type: "reply", reply: toReply(script, index) };
  }

  return { model, isDemo, hasPrice: true, stream };
}

function toReply(script: ScriptedReply, index: number): LlmReply {
  return {
    id: `scripted-${index}`,
    text: script.text ?? "",
    reasoning: script.reasoning ?? "",
    toolCalls: (script.tool_calls ?? []).map((call, position) => ({
      id: `call_${index}_${position}`,
      name: call.name,
      arguments: JSON.stringify(call.arguments),
      origin: "completion",
    })),
    isComplete: true,
    usage: script.usage ?? noUsage,
    ...(script.cost_usd === null ? {} : { costUsd: script.cost_usd ?? 0 }),
  };
}
