import type { Content, MessageToolCall } from "../protocol/content.ts";
import type { TokenUsage } from "../protocol/metrics.ts";

/** One message as models read it; the shape is Chat Completions', which every provider's endpoint takes. */
export type ChatMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: readonly Content[] }
  | { readonly role: "assistant"; readonly content: string; readonly toolCalls: readonly MessageToolCall[] }
  | { readonly role: "tool"; readonly toolCallId: string; readonly content: readonly Content[] };

/** A tool as it is offered to the model; `parameters` is a JSON Schema of type object. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface LlmRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
}

/** One whole reply. */
export interface LlmReply {
  /** The provider's id of the reply, or one made up here; never empty. */
  readonly id: string;
  readonly text: string;
  readonly reasoning: string;
  /** For how long it thought before it said or called anything, in milliseconds; absent when it did not, or when that is not known. */
  readonly reasoningMs?: number;
  /** From the request to its end, with what was tried again, in milliseconds; absent where nobody has looked. */
  readonly latencyMs?: number;
  readonly toolCalls: readonly MessageToolCall[];
  /** Whether the provider said that the reply is complete; a tool call of an incomplete one must not run. */
  readonly isComplete: boolean;
  /** Absent when the provider does not count. */
  readonly usage?: TokenUsage;
  /** Dollars; absent when the price is not known. Never zero for "unknown". */
  readonly costUsd?: number;
}

export type LlmChunk =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  /** Nothing comes for a while: the call failed in a way that may pass, and is made again. What came so far is void. */
  | { readonly type: "waiting"; readonly reason: string; readonly retryInMs: number }
  | { readonly type: "reply"; readonly reply: LlmReply };

/**
 * A model.
 *
 * **Contract:** `stream` yields texts as they come and exactly one `reply`, last, which repeats them whole. It throws an LlmError
 * when the model cannot answer, and the signal's reason when aborted; nothing is left open then. Calls are independent of each other.
 */
export interface Llm {
  /** As the person chose it. */
  readonly model: string;
  /** Whether replies are recorded rather than thought up; every door says so. */
  readonly isDemo: boolean;
  /** Absent: not known. */
  readonly maxInputTokens?: number;
  /** Whether it takes images; absent: not known, so that it is tried. */
  readonly hasVision?: boolean;
  /** Whether `costUsd` of its replies can be told beforehand to be there; a limit on money needs it. */
  readonly hasPrice: boolean;
  stream(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmChunk>;
}
