import { randomUUID } from "node:crypto";
import type { MessageToolCall } from "../protocol/content.ts";
import type { TokenUsage } from "../protocol/state.ts";
import type { LlmChunk, LlmReply } from "./llm.ts";
import { LlmError } from "./llmError.ts";

/** What is read of a chunk of Chat Completions. Everything may be missing or of another type, because servers differ from the specification. */
export interface ReplyChunk {
  readonly id?: unknown;
  readonly usage?: ReplyUsage | null;
  readonly choices?: readonly ReplyChoice[] | null;
}

interface ReplyChoice {
  readonly finish_reason?: unknown;
  readonly delta?: ReplyDelta | null;
}

/** Providers send the model's reasoning under two names. */
interface ReplyDelta {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: readonly ReplyToolCall[] | null;
}

interface ReplyToolCall {
  readonly index?: number | null;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: string | null } | null;
}

interface ReplyUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
}

interface PartialCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
}

/** Puts the pieces of a streamed reply together. */
export class ReplyBuilder {
  #id = "";
  #text = "";
  #reasoning = "";
  #finishReason: string | undefined;
  #usage: TokenUsage | undefined;
  readonly #calls: PartialCall[] = [];

  /** Whether the provider said why the reply ends; only its count of tokens may come yet. */
  get isFinished(): boolean {
    return this.#finishReason !== undefined;
  }

  get isCounted(): boolean {
    return this.#usage !== undefined;
  }

  /** What is new in `chunk` for a person to read. */
  *add(chunk: ReplyChunk): Generator<LlmChunk> {
    this.#id ||= wordOf(chunk.id);
    if (chunk.usage) this.#usage = toUsage(chunk.usage);
    const choice = chunk.choices?.[0];
    if (!choice) return;
    this.#finishReason = wordOf(choice.finish_reason) || this.#finishReason;
    const { content, reasoning } = readDelta(choice.delta);
    this.#text += content;
    this.#reasoning += reasoning;
    for (const call of choice.delta?.tool_calls ?? []) this.#addCall(call);
    if (reasoning) yield { type: "reasoning", text: reasoning };
    if (content) yield { type: "text", text: content };
  }

  /** Throws a transient LlmError when the stream ended before the reply did. */
  finish(): LlmReply {
    if (this.#finishReason === "content_filter") {
      throw new LlmError("LLMContentPolicyViolationError", "The provider's content filter stopped the answer.");
    }
    if (this.#finishReason === undefined) throw new LlmError("LLMNoResponseError", "The model's answer broke off before its end.");
    return {
      id: this.#id || `reply-${randomUUID()}`,
      text: this.#text,
      reasoning: this.#reasoning,
      toolCalls: this.#toolCalls(),
      isComplete: !/length|max_tokens/i.test(this.#finishReason),
      ...(this.#usage ? { usage: this.#usage } : {}),
    };
  }

  #addCall(delta: ReplyToolCall): void {
    const call = this.#callOf(delta);
    const name = wordOf(delta.function?.name);
    call.id ||= wordOf(delta.id);
    // Because some servers repeat the whole name with every piece.
    if (name !== call.name) call.name += name;
    call.arguments += delta.function?.arguments ?? "";
  }

  /** The call that a piece belongs to, by its index; servers that give all the same one, or none, begin a call with a name and an id. */
  #callOf(delta: ReplyToolCall): PartialCall {
    const index = delta.index ?? undefined;
    const known = index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
    if (known && !beginsAnother(delta, known)) return known;
    const call = { index, id: "", name: "", arguments: "" };
    this.#calls.push(call);
    return call;
  }

  /** In the order of their index; ids that are missing or come twice are made unique, because each call needs its own result. */
  #toolCalls(): MessageToolCall[] {
    const seen = new Set<string>();
    return this.#calls
      .toSorted((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity) || 0)
      .map((call) => {
        const id = call.id && !seen.has(call.id) ? call.id : newCallId();
        seen.add(id);
        return { id, name: call.name, arguments: call.arguments, origin: "completion" };
      });
  }
}

function beginsAnother({ index, id, function: made }: ReplyToolCall, known: PartialCall): boolean {
  if (!made?.name) return false;
  if (id && known.id) return wordOf(id) !== known.id;
  return index == null && known.arguments !== "";
}

/** An id for a call; providers take at most 40 characters. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll("-", "")}`;
}

function readDelta(delta: ReplyDelta | null | undefined): { readonly content: string; readonly reasoning: string } {
  const reasoning = delta?.reasoning_content ?? delta?.reasoning;
  return { content: textOf(delta?.content) + textOf(delta?.refusal), reasoning: typeof reasoning === "string" ? reasoning : "" };
}

/** A text as it is, or the texts among its parts. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map((part: { readonly text?: unknown } | null) => wordOf(part?.text)).join("") : "";
}

/** Because some servers number what should have a name, and what is kept must be a string. */
function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const count = (value: number | null | undefined): number => (Number.isFinite(value) ? Math.max(0, Math.trunc(value ?? 0)) : 0);

function toUsage(usage: ReplyUsage): TokenUsage {
  return {
    prompt_tokens: count(usage.prompt_tokens),
    completion_tokens: count(usage.completion_tokens),
    cache_read_tokens: count(usage.prompt_tokens_details?.cached_tokens),
    reasoning_tokens: count(usage.completion_tokens_details?.reasoning_tokens),
  };
}
