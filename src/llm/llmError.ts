import type { Classification } from "../protocol/events.ts";

/** The protocol's names (agent-server protocol §6.8), so that every client classifies them alike. */
export type LlmErrorCode =
  | "LLMAuthenticationError"
  | "LLMRateLimitError"
  | "LLMTimeoutError"
  | "LLMServiceUnavailableError"
  | "LLMBadRequestError"
  | "LLMContextWindowExceedError"
  | "LLMContentPolicyViolationError"
  | "LLMMalformedConversationHistoryError"
  | "LLMNoResponseError"
  | "LLMQuotaExceededError";

/** Faults that are not worth as many tries as others: no connection could be made, or the answer ended before its end. */
export type LlmFault = "unreachable" | "cut";

export interface LlmErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly fault?: LlmFault | undefined;
}

/** Why the model did not answer, in a sentence for a person: what happened and what to do. Neither it nor its cause holds the key. */
export class LlmError extends Error {
  override readonly name = "LlmError";
  readonly code: LlmErrorCode;
  /** How long the provider asked us to wait before the next call, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly fault: LlmFault | undefined;

  constructor(code: LlmErrorCode, message: string, options: LlmErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.fault = options.fault;
  }
}

/** Whether the same call may succeed a little later. */
export function isTransient(error: LlmError): boolean {
  return classify(error).kind === "transient" || error.code === "LLMRateLimitError";
}

export function classify(error: LlmError): Classification {
  switch (error.code) {
    case "LLMAuthenticationError":
      return { kind: "auth", retryable: false, user_action: "settings" };
    case "LLMRateLimitError":
      return { kind: "rate_limit", retryable: true, user_action: "retry" };
    case "LLMQuotaExceededError":
      return { kind: "quota", retryable: false, user_action: "settings" };
    case "LLMBadRequestError":
      return { kind: "config", retryable: false, user_action: "settings" };
    case "LLMContextWindowExceedError":
    case "LLMContentPolicyViolationError":
    case "LLMMalformedConversationHistoryError":
      return { kind: "agent_action", retryable: false, user_action: "none" };
    case "LLMTimeoutError":
    case "LLMServiceUnavailableError":
    case "LLMNoResponseError":
      return { kind: "transient", retryable: true, user_action: "retry" };
  }
}
