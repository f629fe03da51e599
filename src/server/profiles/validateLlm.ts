import type { Llm, LlmChunk } from "../../llm/llm.ts";
import { LlmError, type LlmErrorCode } from "../../llm/llmError.ts";
import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { LlmVerdict } from "../../protocol/agentServer/profiles.ts";
import { textContent } from "../../protocol/content.ts";

/** The model that a configuration names, ready to be asked. Rejects with an LlmError when it cannot be. */
export type OpenModel = (llm: LlmConfig) => Promise<Llm>;

const mostMs = 30_000;

/** Asks for one token. A model that is busy, slow or has nothing to say is valid: only what would go wrong again is told. */
export async function validateLlm(llm: LlmConfig, openModel: OpenModel, signal: AbortSignal): Promise<LlmVerdict> {
  const deadline = AbortSignal.timeout(mostMs);
  try {
    const model = await openModel({ ...llm, max_output_tokens: 1, num_retries: 1, stream: true });
    const request = { messages: [{ role: "user" as const, content: [textContent("ping")] }], tools: [] };
    for await (const chunk of model.stream(request, AbortSignal.any([signal, deadline]))) return verdictOf(chunk);
    return valid;
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return valid;
    if (!(error instanceof LlmError)) throw error;
    return saysNothing.has(error.code) ? valid : invalid(error.code, error.message);
  }
}

const valid: LlmVerdict = { valid: true, error: null };

/** What passes by, and the end of an answer of one token. */
const saysNothing: ReadonlySet<LlmErrorCode> = new Set(["LLMRateLimitError", "LLMTimeoutError", "LLMNoResponseError"]);

function invalid(type: LlmErrorCode, message: string): LlmVerdict {
  return { valid: false, error: { type, message } };
}

function verdictOf(chunk: LlmChunk): LlmVerdict {
  return chunk.type === "waiting" ? invalid("LLMServiceUnavailableError", chunk.reason) : valid;
}
