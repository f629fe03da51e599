import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { Content, MessageToolCall } from "../protocol/content.ts";
import { type Deadlines, type OpenChunks, withDeadlines } from "./deadlines.ts";
import { readEventStream, type ServerEvent } from "./eventStream.ts";
import type { ChatMessage, Llm, LlmChunk, LlmRequest, ToolSpec } from "./llm.ts";
import { LlmError, type LlmErrorCode } from "./llmError.ts";
import { ReplyBuilder, type ReplyChunk } from "./replyBuilder.ts";

export interface OpenAiOptions {
  readonly model: string;
  /** Sent as a bearer token; servers on this machine often need none. */
  readonly apiKey: string | undefined;
  /** Such as `http://127.0.0.1:11434/v1`; absent: OpenAI's own. */
  readonly baseUrl: string | undefined;
  readonly deadlines?: Deadlines;
}

/** A model behind any endpoint that speaks Chat Completions. One attempt per call: `withRetry` repeats. */
export function openAiLlm({ model, apiKey, baseUrl, deadlines }: OpenAiOptions): Llm {
  const client = new OpenAI({
    apiKey: apiKey ?? "none",
    baseURL: baseUrl ?? null,
    maxRetries: 0,
    organization: null,
    project: null,
    logLevel: "off",
  });
  const host = new URL(client.baseURL).host;
  const headers = { "content-type": "application/json" };
  const encoded: EncodedMessages = new WeakMap();

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    const builder = new ReplyBuilder();
    try {
      const body = toBody(model, request, encoded);
      const open: OpenChunks<ReplyChunk[]> = async (inner, alive) => {
        const response = await client.post("/chat/completions", { body, headers, signal: inner, stream: true }).asResponse();
        alive();
        return readChunks(await checkedStream(response, host), builder, alive);
      };
      for await (const chunks of withDeadlines(open, signal, deadlines)) for (const chunk of chunks) yield* builder.add(chunk);
    } catch (error) {
      signal.throwIfAborted();
      throw toLlmError(error, { model, host });
    }
    yield { type: "reply", reply: builder.finish() };
  }

  return { model, isDemo: false, stream };
}

async function checkedStream(response: Response, host: string): Promise<Response> {
  // A web page is what a wrong base URL or a login in between answers.
  if (!/json|html/.test(response.headers.get("content-type") ?? "")) return response;
  throw new LlmError("LLMServiceUnavailableError", `${host} did not answer with a stream. It said: ${shortened(await response.text())}`);
}

/** How long to wait for more when the reply is there but was not counted, and when nothing is missing but the stream's end. */
const uncountedMs = 1_000;
const completeMs = 100;

/**
 * The chunks of each piece that comes, until the stream ends, or what came makes a reply and no more comes for a while.
 * It is read to its end so that the connection can be used again; every byte of it is a sign of life, because some servers
 * send comments while a model thinks.
 */
async function* readChunks({ body, headers }: Response, builder: ReplyBuilder, alive: () => void): AsyncGenerator<ReplyChunk[]> {
  if (body === null) return;
  let isDone = false;
  let lastEventAt = 0;
  const patienceMs = (): number | undefined => {
    if (!isDone && !builder.isFinished) return undefined;
    return lastEventAt + (isDone || builder.isCounted ? completeMs : uncountedMs) - performance.now();
  };
  try {
    for await (const events of readEventStream(body, patienceMs)) {
      alive();
      if (!isDone && events.length > 0) lastEventAt = performance.now();
      const end: number = isDone ? 0 : events.findIndex(({ data }) => data === "[DONE]");
      isDone ||= end !== -1;
      yield (isDone ? events.slice(0, end) : events).map((event) => toChunk(event, headers));
    }
  } catch (error) {
    // A connection that breaks behind the end has broken nothing.
    if (!isDone) throw error;
  }
}

function toChunk({ name, data }: ServerEvent, headers: Headers): ReplyChunk {
  const value: unknown = JSON.parse(data);
  if (!isChunk(value)) throw new SyntaxError("a chunk is no object");
  if (name === "error" || value.error) throw new APIError(undefined, value.error ?? value, undefined, headers);
  return value;
}

function isChunk(value: unknown): value is ReplyChunk & { readonly error?: object | null } {
  return typeof value === "object" && value !== null;
}

/** What messages are in JSON. They do not change, and most of them are sent again with every request. */
type EncodedMessages = WeakMap<ChatMessage, string>;

function toBody(model: string, { messages, tools }: LlmRequest, encoded: EncodedMessages): string {
  const offered = tools.length > 0 ? { tools: tools.map(toTool) } : {};
  const rest = { ...offered, stream: true, stream_options: { include_usage: true } } satisfies Partial<ChatCompletionCreateParamsStreaming>;
  const list = messages.map((message) => encode(message, encoded)).join(",");
  return `{"model":${JSON.stringify(model)},"messages":[${list}],${JSON.stringify(rest).slice(1)}`;
}

function encode(message: ChatMessage, encoded: EncodedMessages): string {
  const before = encoded.get(message);
  if (before !== undefined) return before;
  const json = JSON.stringify(toParam(message));
  encoded.set(message, json);
  return json;
}

function toTool({ name, description, parameters }: ToolSpec): OpenAI.Chat.Completions.ChatCompletionFunctionTool {
  return { type: "function", function: { name, description, parameters: { ...parameters } } };
}

function toParam(message: ChatMessage): ChatCompletionMessageParam {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return { role: "user", content: toParts(message.content) };
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: toText(message.content) };
    case "assistant":
      return { role: "assistant", content: message.content, ...toCalls(message.toolCalls) };
  }
}

function toCalls(calls: Extract<ChatMessage, { role: "assistant" }>["toolCalls"]) {
  if (calls.length === 0) return {};
  return { tool_calls: calls.map((call) => ({ id: call.id, type: "function" as const, function: toFunction(call) })) };
}

/** A name or arguments that a model made up wrongly are told to it in the result; sent back as they are, every provider would refuse them. */
function toFunction({ name, arguments: json }: MessageToolCall): { name: string; arguments: string } {
  return { name: name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "unknown", arguments: json.trim() === "" ? "{}" : json };
}

/** A single text goes as a plain string: the form that every server understands. */
function toParts(content: readonly Content[]): string | OpenAI.Chat.Completions.ChatCompletionContentPart[] {
  if (content.every((item) => item.type === "text")) return toText(content);
  return content.flatMap((item): OpenAI.Chat.Completions.ChatCompletionContentPart[] =>
    item.type === "text" ? [{ type: "text", text: item.text }] : item.image_urls.map((url) => ({ type: "image_url", image_url: { url } })),
  );
}

function toText(content: readonly Content[]): string {
  return content.map((item) => (item.type === "text" ? item.text : "[image]")).join("\n");
}

interface Place {
  readonly model: string;
  readonly host: string;
}

function toLlmError(error: unknown, place: Place): LlmError {
  if (error instanceof LlmError) return error;
  if (error instanceof APIConnectionTimeoutError)
    return new LlmError("LLMTimeoutError", `${place.host} did not answer in time.`, { cause: error });
  if (error instanceof APIConnectionError) {
    return new LlmError(
      "LLMServiceUnavailableError",
      `${place.host} cannot be reached (${reasonOf(error)}). Check the address and the network.`,
      {
        cause: error,
      },
    );
  }
  if (isApiError(error)) return fromStatus(error, place);
  return new LlmError("LLMServiceUnavailableError", `The answer of ${place.host} could not be read (${shortened(String(error))}).`, {
    cause: error,
  });
}

/** Because `instanceof` alone makes the type's parameters `any`. */
function isApiError(error: unknown): error is APIError {
  return error instanceof APIError;
}

function fromStatus(error: APIError, place: Place): LlmError {
  const [code, sentence] = judge(error, place);
  const detail = shortened(error.message);
  return new LlmError(code, detail ? `${sentence} It said: ${detail}` : sentence, { cause: error, retryAfterMs: retryAfterMs(error) });
}

function judge(error: APIError, { model, host }: Place): [LlmErrorCode, string] {
  const text = `${String(error.code ?? "")} ${String(error.type ?? "")} ${error.message}`.toLowerCase();
  const status: number | undefined = error.status;
  if (status === 402 || text.includes("insufficient_quota")) return ["LLMQuotaExceededError", `The account at ${host} has no credit left.`];
  if (status === 401 || status === 403) return ["LLMAuthenticationError", `${host} refused the API key. Set another key.`];
  if (status === 429) return ["LLMRateLimitError", `${host} is limiting requests.`];
  if (isContextOverflow(text)) return ["LLMContextWindowExceedError", `The conversation is longer than ${model} can read.`];
  if (text.includes("content_filter") || text.includes("content_policy"))
    return ["LLMContentPolicyViolationError", `${host} refused the content.`];
  if (status === 404)
    return ["LLMBadRequestError", `${host} does not know the model "${model}". Select another model, or check the base URL.`];
  if (status !== undefined && status < 500 && status !== 408 && status !== 409)
    return ["LLMBadRequestError", `${host} refused the request (${status}).`];
  return [
    "LLMServiceUnavailableError",
    status === undefined ? `${host} broke off its answer.` : `${host} is not able to answer now (${status}).`,
  ];
}

function isContextOverflow(text: string): boolean {
  const phrases = ["context_length_exceeded", "context length", "context window", "prompt is too long", "reduce the length of"];
  return phrases.some((phrase) => text.includes(phrase));
}

/** `Retry-After` in seconds or as a date; anything unreadable is as if absent. */
function retryAfterMs(error: APIError): number | undefined {
  const value = error.headers?.get("retry-after");
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** Because Node hides why a connection failed in a chain of causes. */
function reasonOf(error: Error): string {
  let at: unknown = error;
  let reason = error.message;
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    reason = "code" in at && typeof at.code === "string" ? at.code : at.message || reason;
    at = at.cause;
  }
  return shortened(reason);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
