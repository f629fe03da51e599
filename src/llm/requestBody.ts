import type { Content, MessageToolCall } from "../protocol/content.ts";
import type { ChatMessage, LlmReply, LlmRequest, ToolSpec } from "./llm.ts";
import { fieldsOf } from "./usage.ts";

/** What an endpoint does not take and what it wants besides, as far as it is known: learnt from its refusals. */
export interface Habits {
  readonly noImages?: boolean;
  readonly noStreamOptions?: boolean;
  /** Whether it takes tools only when it is told not to think. */
  readonly noThinking?: boolean;
  /** Fields that it has refused. */
  readonly refusedOptions?: readonly string[];
  /** Whether it wants the model's reasoning back: DeepSeek does. */
  readonly wantsReasoning?: boolean;
  /** Whether it wants its signature of a call back: Gemini does. */
  readonly wantsSignatures?: boolean;
  /** Whether it wants a word of the model between results and a person's message: Mistral does. */
  readonly wantsTurns?: boolean;
}

interface Fields {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly extraBody?: Readonly<Record<string, unknown>>;
}

/** What came with a call and is not part of the conversation. */
interface Note {
  readonly reasoning: string;
  readonly extra: unknown;
}

const bridge = JSON.stringify({ role: "assistant", content: "OK." });

/** For calls whose signature is not there any more (ai.google.dev/gemini-api/docs/thought-signatures). */
const noSignature = { google: { thought_signature: "skip_thought_signature_validator" } };

/** A message of the request, as Chat Completions wants it. */
type Param = Readonly<Record<string, unknown>>;
type Part = { readonly type: "text"; readonly text: string } | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

type ToolMessage = Extract<ChatMessage, { role: "tool" }>;
type UserMessage = Extract<ChatMessage, { role: "user" }>;

const notShown = "[image: not shown, because the model does not take images]";

/**
 * Writes requests for one endpoint. Messages do not change, and most of them are sent again with every request: what they are in
 * JSON is kept.
 */
export class RequestBodies {
  readonly #model: string;
  #habits: Habits;
  #json = new WeakMap<ChatMessage, string>();
  readonly #tools = new WeakMap<readonly ToolSpec[], string>();
  readonly #notes = new Map<string, Note>();
  readonly #images = new WeakMap<ToolMessage, string>();

  readonly #options: Readonly<Record<string, unknown>>;
  readonly #extraBody: Readonly<Record<string, unknown>>;

  /** `options` may be refused, `extraBody` stays. */
  constructor(model: string, habits: Habits, { options = {}, extraBody = {} }: Fields = {}) {
    this.#model = model;
    this.#habits = habits;
    this.#options = options;
    this.#extraBody = extraBody;
  }

  /** The names of those that are sent. */
  get options(): readonly string[] {
    return Object.keys(this.#options).filter((name) => !this.#habits.refusedOptions?.includes(name));
  }

  get habits(): Habits {
    return this.#habits;
  }

  learn(more: Habits): void {
    this.#habits = { ...this.#habits, ...more };
    this.#json = new WeakMap();
  }

  /** Keeps what the endpoint may want back with the calls of `reply`; `extras` is by their ids. */
  remember({ toolCalls, reasoning }: LlmReply, extras: ReadonlyMap<string, unknown>): void {
    for (const { id } of toolCalls) this.#notes.set(id, { reasoning, extra: extras.get(id) });
  }

  write({ messages, tools }: LlmRequest): string {
    const rest = {
      ...this.#extraBody,
      ...Object.fromEntries(this.options.map((name) => [name, this.#options[name]])),
      ...(this.#habits.noThinking ? { reasoning_effort: "none" } : {}),
      stream: true,
      ...(this.#habits.noStreamOptions ? {} : { stream_options: { include_usage: true } }),
    };
    const list = this.#messages(messages).join(",");
    return `{"model":${JSON.stringify(this.#model)},"messages":[${list}],${this.#offered(tools)}${JSON.stringify(rest).slice(1)}`;
  }

  /** The tools of a run are the same list in each of its requests. */
  #offered(tools: readonly ToolSpec[]): string {
    if (tools.length === 0) return "";
    const json = this.#tools.get(tools) ?? `"tools":${JSON.stringify(tools.map(toTool))},`;
    this.#tools.set(tools, json);
    return json;
  }

  #messages(messages: readonly ChatMessage[]): string[] {
    const json: string[] = [];
    let calls: readonly MessageToolCall[] = [];
    let results: ToolMessage[] = [];
    for (const message of messages) {
      if (message.role === "tool") results.push(message);
      else json.push(...this.#behind(results, calls, message.role === "user" ? message : undefined));
      if (message.role !== "tool") results = [];
      if (message.role === "assistant") calls = message.toolCalls;
      if (message.role !== "user") json.push(this.#encode(message));
    }
    return [...json, ...this.#behind(results, calls, undefined)];
  }

  /**
   * What a person says behind the results of one reply, together with what these show: OpenAI takes images from users only, and
   * results must not be parted.
   */
  #behind(results: readonly ToolMessage[], calls: readonly MessageToolCall[], said: UserMessage | undefined): string[] {
    const shown = this.#habits.noImages ? [] : results.filter(showsImages).map((result) => this.#shown(result, calls));
    if (shown.length === 0 && said === undefined) return [];
    const before = this.#habits.wantsTurns && results.length > 0 ? [bridge] : [];
    if (shown.length === 0 && said !== undefined) return [...before, this.#encode(said)];
    const words = toParts(said?.content ?? []).map((part) => toJson(part));
    return [...before, `{"role":"user","content":[${[...shown, ...words].join(",")}]}`];
  }

  /** The parts of a message that show the images of a result. */
  #shown(message: ToolMessage, calls: readonly MessageToolCall[]): string {
    const before = this.#images.get(message);
    if (before !== undefined) return before;
    const source = sourceOf(calls.find(({ id }) => id === message.toolCallId));
    const images = toParts(message.content.filter((item) => item.type === "image"));
    const json = listed([{ type: "text", text: `Image from ${source}:` }, ...images]);
    this.#images.set(message, json);
    return json;
  }

  #encode(message: ChatMessage): string {
    const before = this.#json.get(message);
    if (before !== undefined) return before;
    const json = toJson(this.#toParam(message));
    this.#json.set(message, json);
    return json;
  }

  #toParam(message: ChatMessage): Param {
    switch (message.role) {
      case "system":
        return { role: "system", content: message.content };
      case "user":
        return { role: "user", content: this.#userContent(message.content) };
      case "tool":
        return { role: "tool", tool_call_id: message.toolCallId, content: toText(message.content, this.#toolNote) };
      case "assistant":
        return { role: "assistant", content: message.content, ...this.#reasoning(message.toolCalls), ...this.#calls(message.toolCalls) };
    }
  }

  #reasoning([first]: readonly MessageToolCall[]) {
    if (!this.#habits.wantsReasoning) return {};
    return { reasoning_content: (first && this.#notes.get(first.id)?.reasoning) ?? "" };
  }

  #calls(calls: readonly MessageToolCall[]) {
    if (calls.length === 0) return {};
    return { tool_calls: calls.map((call) => ({ id: call.id, type: "function", function: toFunction(call), ...this.#extra(call) })) };
  }

  #extra({ id }: MessageToolCall) {
    const extra = this.#notes.get(id)?.extra ?? (this.#habits.wantsSignatures ? noSignature : undefined);
    return extra === undefined ? {} : { extra_content: extra };
  }

  /** Text alone goes as a plain string: the form that every server understands. */
  #userContent(content: readonly Content[]): string | Part[] {
    return this.#habits.noImages || content.every((item) => item.type === "text") ? toText(content, notShown) : toParts(content);
  }

  get #toolNote(): string {
    return this.#habits.noImages ? notShown : "[image: in the message after the results]";
  }
}

/** Whether any image would be sent. */
export function hasImages({ messages }: LlmRequest): boolean {
  return messages.some((message) => (message.role === "user" || message.role === "tool") && showsImages(message));
}

function showsImages({ content }: { readonly content: readonly Content[] }): boolean {
  return content.some((item) => item.type === "image");
}

function toTool({ name, description, parameters }: ToolSpec) {
  return { type: "function", function: { name, description, parameters } };
}

/** A name or arguments that a model made up wrongly are told to it in the result; sent back as they are, every provider would refuse them. */
function toFunction({ name, arguments: json }: MessageToolCall): { name: string; arguments: string } {
  return { name: name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "unknown", arguments: json.trim() === "" ? "{}" : json };
}

function toParts(content: readonly Content[]): Part[] {
  return content.flatMap((item): Part[] =>
    item.type === "text" ? [{ type: "text", text: item.text }] : item.image_urls.map((url) => ({ type: "image_url", image_url: { url } })),
  );
}

/** Parts in JSON, without the brackets around them. */
function listed(parts: readonly Part[]): string {
  return toJson(parts).slice(1, -1);
}

/** Half a letter, which a model may write and a cut may leave, is no Unicode: for it many providers refuse the whole request. */
function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  return half.test(json) ? JSON.stringify(value, (_, item: unknown) => (typeof item === "string" ? item.toWellFormed() : item)) : json;
}

/** How halves are written in JSON. */
const half = /\\ud[89a-f]/;

function toText(content: readonly Content[], imageNote: string): string {
  return content.map((item) => (item.type === "text" ? item.text : imageNote)).join("\n");
}

/** The file that a call was about, or else the tool's name. */
function sourceOf(call: MessageToolCall | undefined): string {
  return call === undefined ? "a tool" : (pathIn(call.arguments) ?? call.name);
}

function pathIn(json: string): string | undefined {
  try {
    const { path } = fieldsOf(JSON.parse(json));
    return typeof path === "string" ? path : undefined;
  } catch {
    // What is no JSON names no file.
    return undefined;
  }
}
