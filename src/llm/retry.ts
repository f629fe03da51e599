import { setTimeout as sleep } from "node:timers/promises";
import type { Llm, LlmChunk, LlmRequest } from "./llm.ts";
import { isTransient, LlmError } from "./llmError.ts";

export interface RetryOptions {
  /** Calls in all, the first one included. */
  readonly maxAttempts: number;
  /** The first wait; each further one is twice as long, give or take a fifth. */
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
}

const defaults: RetryOptions = { maxAttempts: 5, firstWaitMs: 1_000, maxWaitMs: 60_000 };

/** How many times a fault may be met (reliability.md LF-07, LF-09); the others may be met in every call. */
const maxMet = { unreachable: 3, cut: 2 };

/** The same model; a call that failed in a way that may pass is made again. The only place that retries a model. */
export function withRetry(llm: Llm, options: RetryOptions = defaults): Llm {
  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    const met = { unreachable: 0, cut: 0 };
    for (let attempt = 1; ; attempt++) {
      try {
        yield* llm.stream(request, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof LlmError)) throw error;
        const isWornOut = attempt >= options.maxAttempts || (error.fault && ++met[error.fault] >= maxMet[error.fault]);
        if (isWornOut || !isTransient(error)) throw error;
        const retryInMs = waitBefore(attempt, error, options);
        yield { type: "waiting", reason: error.message, retryInMs };
        await sleep(retryInMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }
  return { ...llm, stream };
}

function waitBefore(attempt: number, error: LlmError, { firstWaitMs, maxWaitMs }: RetryOptions): number {
  const jitter = 0.8 + Math.random() * 0.4;
  return Math.round(Math.min(maxWaitMs, error.retryAfterMs ?? firstWaitMs * 2 ** (attempt - 1) * jitter));
}
