import { randomUUID } from "node:crypto";
import type { MessageToolCall } from "../protocol/content.ts";
import { mostOfAnswer } from "./boundedAnswer.ts";
import type { LlmChunk, LlmReply } from "./llm.ts";
import { LlmError } from "./llmError.ts";
import { type Split, ThinkTags } from "./thinkTags.ts";
import { type Fields, fieldsOf, readUsage } from "./usage.ts";

/** What is read of a chunk of Chat Completions. Everything may be missing or of another type, because servers differ from the specification. */
export interface ReplyChunk {
  readonly id?: unknown;
  readonly usage?: unknown;
  readonly service_tier?: unknown;
  readonly choices?: readonly ReplyChoice[] | null;
}

/** A piece of the reply is a `delta`; a server that does not stream sends a whole `message`. */
interface ReplyChoice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  readonly delta?: ReplyDelta | null;
  readonly message?: ReplyDelta | null;
}

/** Providers send the model's reasoning under two names. */
interface ReplyDelta {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: readonly ReplyToolCall[] | null;
  /** What `tool_calls` was before there could be more than one. */
  readonly function_call?: ReplyToolCall["function"];
}

interface ReplyToolCall {
  readonly index?: number | null;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
  /** What the provider alone understands, and wants back. */
  readonly extra_content?: unknown;
}

interface PartialCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
  extra: unknown;
}

/** How providers say that an answer was stopped, that they failed in the middle of it, and that it is as long as it may be. */
const filtered = /^(content_filter|sensitive|safety)/i;
const broken = /insufficient_system_resource|^(network_)?error|^abort|^cancel/i;
const full = /length|max_tokens|context_window/i;

/** Puts the pieces of a streamed reply together. */
export class ReplyBuilder {
  #id = "";
  #text = "";
  #reasoning = "";
  #finishReason: string | undefined;
  #usage: Fields | undefined;
  #serviceTier = "";
  #length = 0;
  /** When it began to think, and to do something else. */
  #thoughtAt: number | undefined;
  #actedAt: number | undefined;
  /** The place of the answer that is read among those that the server sends. */
  #choice: number | undefined;
  readonly #tags = new ThinkTags();
  readonly #calls: PartialCall[] = [];

  /** Whether the provider said why the reply ends; only its count of tokens may come yet. */
  get isFinished(): boolean {
    return this.#finishReason !== undefined;
  }

  get isCounted(): boolean {
    return this.#usage !== undefined;
  }

  /** The provider's count as it sent it: the last one, because those that count in every chunk count all so far. */
  get usage(): Fields | undefined {
    return this.#usage;
  }

  /** What the provider calls the way in which it worked, which has a price of its own; empty when it does not say. */
  get serviceTier(): string {
    return this.#serviceTier;
  }

  /** What came with calls that have an id, by that. */
  get extras(): ReadonlyMap<string, unknown> {
    return new Map(this.#calls.map(({ id, extra }) => [id, extra]));
  }

  /** Whether anything of a reply has come. */
  get isBegun(): boolean {
    return this.#text !== "" || this.#reasoning !== "" || this.#calls.length > 0;
  }

  /** What is new in `chunk` for a person to read. */
  *add(chunk: ReplyChunk): Generator<LlmChunk> {
    this.#id ||= wordOf(chunk.id);
    this.#serviceTier ||= wordOf(chunk.service_tier);
    if (chunk.usage) this.#usage = fieldsOf(chunk.usage);
    const choice = this.#choiceIn(chunk.choices);
    if (!choice) return;
    this.#finishReason = wordOf(choice.finish_reason) || this.#finishReason;
    const delta = choice.delta ?? wholeMessage(choice.message);
    const { content, reasoning } = readDelta(delta);
    // Because the end of thinking and the beginning of a call may be in one chunk.
    if (reasoning) this.#thoughtAt ??= performance.now();
    for (const call of callsIn(delta)) this.#addCall(call);
    if (delta?.function_call) this.#addCall({ index: 0, function: delta.function_call });
    yield* this.#say({ reasoning, text: "" });
    if (content) yield* this.#say(this.#tags.split(content));
  }

  /** What was held back for a person to read; for the end of the stream. */
  *rest(): Generator<LlmChunk> {
    yield* this.#say(this.#tags.rest());
  }

  /** Throws a transient LlmError when the stream ended before the reply did. */
  finish(): LlmReply {
    const reason = this.#finishReason;
    if (reason !== undefined && filtered.test(reason))
      throw new LlmError("LLMContentPolicyViolationError", "The provider's content filter stopped the answer.");
    if (reason === undefined && !this.isBegun) throw new LlmError("LLMNoResponseError", "The model sent no answer.");
    if (reason === undefined || broken.test(reason))
      throw new LlmError("LLMNoResponseError", "The model's answer broke off before its end.", { fault: "cut" });
    const counted = this.#usage && readUsage(this.#usage);
    return {
      id: this.#id || `reply-${randomUUID()}`,
      text: this.#text,
      reasoning: this.#reasoning,
      ...this.#reasoningTime(),
      toolCalls: this.#toolCalls(),
      isComplete: !full.test(reason),
      ...(counted ? { usage: counted.usage } : {}),
    };
  }

  /** One answer was asked for; of a server that sends several the one that comes first is read. */
  #choiceIn(choices: ReplyChunk["choices"]): ReplyChoice | null | undefined {
    if (!Array.isArray(choices)) return undefined;
    const all: readonly (ReplyChoice | null)[] = choices;
    this.#choice ??= all.length === 0 ? undefined : Math.min(...all.map(placeOf));
    return all.find((choice) => placeOf(choice) === this.#choice);
  }

  *#say({ reasoning, text }: Split): Generator<LlmChunk> {
    this.#reasoning += reasoning;
    this.#text += text;
    this.#grow(reasoning.length + text.length);
    if (reasoning) this.#thoughtAt ??= performance.now();
    if (text) this.#actedAt ??= performance.now();
    if (reasoning) yield { type: "reasoning", text: reasoning };
    if (text) yield { type: "text", text };
  }

  #reasoningTime(): Pick<LlmReply, "reasoningMs"> {
    if (this.#thoughtAt === undefined) return {};
    const reasoningMs = Math.round((this.#actedAt ?? performance.now()) - this.#thoughtAt);
    // Nothing is known of it when all came at once.
    return reasoningMs > 0 ? { reasoningMs } : {};
  }

  #addCall(delta: ReplyToolCall): void {
    this.#actedAt ??= performance.now();
    const call = this.#callOf(delta);
    const name = wordOf(delta.function?.name);
    call.id ||= wordOf(delta.id);
    // Because some servers repeat the whole name with every piece.
    if (name !== call.name) call.name += name;
    const json = jsonOf(delta.function?.arguments);
    call.arguments += json;
    this.#grow(name.length + json.length);
    call.extra ??= delta.extra_content;
  }

  /** Throws when the model does not come to an end. */
  #grow(characters: number): void {
    this.#length += characters;
    if (this.#length <= mostOfAnswer) return;
    const sentence = `The model's answer has more than ${mostOfAnswer} characters and was not taken. Send a message to try again.`;
    throw new LlmError("LLMNoResponseError", sentence, { fault: "cut" });
  }

  /** The call that a piece belongs to, by its index; servers that give all the same one, or none, begin a call with a name and an id. */
  #callOf(delta: ReplyToolCall): PartialCall {
    const index = delta.index ?? undefined;
    const known = index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
    if (known && !beginsAnother(delta, known)) return known;
    const call = { index, id: "", name: "", arguments: "", extra: undefined };
    this.#calls.push(call);
    return call;
  }

  /**
   * In the order of their index. Each call needs an id of its own for its result, and one that every provider takes: another model may go on
   * with the conversation.
   */
  #toolCalls(): MessageToolCall[] {
    const seen = new Set<string>();
    return this.#calls
      .toSorted((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity) || 0)
      .map((call) => {
        if (!usableId.test(call.id) || seen.has(call.id)) call.id = newCallId();
        const { id } = call;
        seen.add(id);
        return { id, name: call.name, arguments: call.arguments, origin: "completion" };
      });
  }
}

/** In a whole message calls have no index, and each entry is one. */
function wholeMessage(message: ReplyDelta | null | undefined): ReplyDelta | undefined {
  if (!message) return undefined;
  return { ...message, tool_calls: callsIn(message).map((call, index) => ({ ...call, index })) };
}

function callsIn(delta: ReplyDelta | null | undefined): readonly ReplyToolCall[] {
  const calls: unknown = delta?.tool_calls;
  return Array.isArray(calls) ? calls.filter(isCall) : [];
}

function isCall(value: unknown): value is ReplyToolCall {
  return typeof value === "object" && value !== null;
}

function beginsAnother({ index, id, function: made }: ReplyToolCall, known: PartialCall): boolean {
  if (!made?.name) return false;
  if (id && known.id) return wordOf(id) !== known.id;
  return index == null && known.arguments !== "";
}

/** Some leave the place out. */
function placeOf(choice: ReplyChoice | null | undefined): number {
  return typeof choice?.index === "number" ? choice.index : 0;
}

/** Providers take at most 40 characters. */
const usableId = /^[!-~]{1,40}$/;

/** An id for a call. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll("-", "")}`;
}

function readDelta(delta: ReplyDelta | null | undefined): { readonly content: string; readonly reasoning: string } {
  const reasoning = wordOf(delta?.reasoning_content) || wordOf(delta?.reasoning);
  return {
    content: textOf(delta?.content, "text") + textOf(delta?.refusal, "text"),
    reasoning: reasoning + textOf(delta?.content, "thinking"),
  };
}

/** A text as it is, or what its parts hold under `name`; a thought's part holds parts again. */
function textOf(value: unknown, name: "text" | "thinking"): string {
  if (typeof value === "string") return name === "text" ? value : "";
  if (!Array.isArray(value)) return "";
  return value
    .map((part: unknown) => fieldsOf(part)[name])
    .map((held) => (Array.isArray(held) ? textOf(held, "text") : wordOf(held)))
    .join("");
}

/** Because some servers number what should have a name, and what is kept must be a string. */
function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Arguments are JSON text; a server that sends the object itself means its JSON. */
function jsonOf(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : wordOf(value);
}
