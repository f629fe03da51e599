import OpenAI, { APIConnectionError, APIError } from "openai";
import { type Deadlines, type OpenChunks, withDeadlines } from "./deadlines.ts";
import { endpointOf } from "./endpoint.ts";
import { readEventStream, type ServerEvent } from "./eventStream.ts";
import { brokenOff, type Place, quoted, type Refusal, refused, unreachable, unreadable, wordsOf } from "./failure.ts";
import { factsOf, type ModelFacts } from "./knownModels.ts";
import type { Llm, LlmChunk, LlmReply, LlmRequest } from "./llm.ts";
import { LlmError } from "./llmError.ts";
import { costOf, toldCost } from "./prices.ts";
import { ReplyBuilder, type ReplyChunk } from "./replyBuilder.ts";
import { type Habits, hasImages, RequestBodies } from "./requestBody.ts";
import { fieldsOf, readUsage } from "./usage.ts";

export interface OpenAiOptions {
  readonly model: string;
  /** Sent as a bearer token; servers on this machine often need none. */
  readonly apiKey: string | undefined;
  /** Such as `http://127.0.0.1:11434/v1`; absent: OpenAI's own. */
  readonly baseUrl: string | undefined;
  readonly deadlines?: Deadlines;
  /** Absent: what the table has for the model. */
  readonly facts?: ModelFacts;
}

/** A model behind any endpoint that speaks Chat Completions. One attempt per call: `withRetry` repeats. */
export function openAiLlm({ model, apiKey, baseUrl, deadlines, facts: told }: OpenAiOptions): Llm {
  const endpoint = endpointOf(baseUrl, apiKey);
  const facts = told ?? factsOf({ model, ...(baseUrl === undefined ? {} : { base_url: baseUrl }) });
  const client = new OpenAI({
    apiKey: apiKey ?? "none",
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    organization: null,
    project: null,
    logLevel: "off",
  });
  const place: Place = { model, apiKey, host: endpoint.host, path: endpoint.path };
  const headers = { "content-type": "application/json", ...endpoint.headers };
  const bodies = new RequestBodies(model, { noImages: facts.hasVision === false });

  async function post(request: LlmRequest, signal: AbortSignal): Promise<Response> {
    for (;;) {
      try {
        return await client.post("/chat/completions", { body: bodies.write(request), headers, signal, stream: true }).asResponse();
      } catch (error) {
        const habit = isApiError(error) && mayBeOurs(error, place) ? habitIn(wordsOf(refusalOf(error)), request, bodies.habits) : undefined;
        if (habit === undefined) throw error;
        bodies.learn(habit);
      }
    }
  }

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    const builder = new ReplyBuilder();
    try {
      const open: OpenChunks<Iterable<ReplyChunk>> = async (inner, alive) => {
        const response = await post(request, inner);
        alive();
        return readAnswer(response, { builder, alive, place });
      };
      for await (const chunks of withDeadlines(open, signal, deadlines)) for (const chunk of chunks) yield* builder.add(chunk);
      yield* builder.rest();
      const reply = withCost(builder, facts, endpoint.host);
      bodies.remember(reply, builder.extras);
      yield { type: "reply", reply };
    } catch (error) {
      signal.throwIfAborted();
      throw toLlmError(error, builder, place);
    }
  }

  const { hasPrice, hasVision, maxInputTokens } = facts;
  return {
    ...{ model, isDemo: false, hasPrice, stream },
    ...(hasVision === undefined ? {} : { hasVision }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
  };
}

/** Whether another form of the request may be taken; some servers call one that they do not understand a fault of their own. */
function mayBeOurs(error: APIError, place: Place): boolean {
  const { code } = refused(refusalOf(error), place);
  return ["LLMBadRequestError", "LLMServiceUnavailableError", "LLMMalformedConversationHistoryError"].includes(code);
}

/** What a refusal of `request` teaches about the endpoint; undefined when it is nothing new. */
function habitIn(words: string, request: LlmRequest, known: Habits): Habits | undefined {
  if (!known.noStreamOptions && /stream_options|include_usage/.test(words)) return { noStreamOptions: true };
  if (!known.noImages && hasImages(request) && /image|vision|multi-?modal/.test(words)) return { noImages: true };
  if (!known.noThinking && request.tools.length > 0 && /reasoning_effort.*\bnone\b/.test(words)) return { noThinking: true };
  if (!known.wantsReasoning && /(missing|passed back).*reasoning_content|reasoning_content.*passed back/.test(words))
    return { wantsReasoning: true };
  if (!known.wantsSignatures && /missing an? \W*thought_?signature/.test(words)) return { wantsSignatures: true };
  if (!known.wantsTurns && /unexpected role \W*user\W* after role \W*tool/.test(words)) return { wantsTurns: true };
  return undefined;
}

function withCost(builder: ReplyBuilder, { price, hasOwnPrice }: ModelFacts, host: string): LlmReply {
  const reply = builder.finish();
  const { usage, serviceTier } = builder;
  const counted = usage && readUsage(usage);
  const holds = hasOwnPrice || /^(|default|standard|auto)$/.test(serviceTier);
  const costUsd = (usage && toldCost(usage, host)) ?? (counted && price && holds ? costOf(counted, price) : undefined);
  return costUsd === undefined ? reply : { ...reply, costUsd };
}

interface Reading {
  readonly builder: ReplyBuilder;
  readonly alive: () => void;
  readonly place: Place;
}

/** The chunks of an answer. A server that does not stream sends one whole; a page is what a wrong base URL or a login in between answers. */
async function readAnswer(response: Response, reading: Reading): Promise<AsyncIterable<Iterable<ReplyChunk>>> {
  if (!/json|html/.test(response.headers.get("content-type") ?? "")) return readChunks(response, reading);
  const text = await response.text();
  const whole = parsed(text);
  if (errorIn(whole) || (isChunk(whole) && Array.isArray(whole.choices))) return one([{ name: "", data: text }], response.headers);
  const said = quoted(text, reading.place);
  const sentence = `${reading.place.host} did not answer with a stream. It said: ${said} (Check the base URL.)`;
  throw new LlmError("LLMServiceUnavailableError", sentence, { fault: "unreachable" });
}

async function* one(events: readonly ServerEvent[], headers: Headers): AsyncGenerator<Iterable<ReplyChunk>> {
  yield toChunks(events, headers);
}

/** How long to wait for more when the reply is there but was not counted, and when nothing is missing but the stream's end. */
const uncountedMs = 1_000;
const completeMs = 100;

/**
 * The chunks of each piece that comes, until the stream ends, or what came makes a reply and no more comes for a while.
 * It is read to its end so that the connection can be used again; every byte of it is a sign of life, because some servers
 * send comments while a model thinks.
 */
async function* readChunks({ body, headers }: Response, { builder, alive }: Reading): AsyncGenerator<Iterable<ReplyChunk>> {
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
      const end: number = isDone ? 0 : events.findIndex(({ data }) => data.trim() === "[DONE]");
      isDone ||= end !== -1;
      yield toChunks(isDone ? events.slice(0, end) : events, headers);
    }
  } catch (error) {
    // A connection that breaks behind the end has broken nothing.
    if (!isDone && !builder.isFinished) throw error;
  }
}

/** One after the other, so that what stands before an error in the same piece is read. */
function* toChunks(events: readonly ServerEvent[], headers: Headers): Generator<ReplyChunk> {
  for (const { name, data } of events) {
    const value = parsed(data);
    const error = name === "error" ? (errorIn(value) ?? value ?? { message: data }) : errorIn(value);
    if (error) throw new APIError(undefined, error, undefined, headers);
    if (isChunk(value)) yield value;
    // Events of other names, and those that hold nothing, keep a connection open.
    else if (name === "" && data.trim() !== "") throw new SyntaxError("a chunk is no JSON object");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words hold a piece of the text, which is the caller's to tell.
    return undefined;
  }
}

function isChunk(value: unknown): value is ReplyChunk {
  return typeof value === "object" && value !== null;
}

function errorIn(value: unknown): object | undefined {
  const { error } = fieldsOf(value);
  return typeof error === "object" ? (error ?? undefined) : error ? { message: error } : undefined;
}

function toLlmError(error: unknown, { isBegun }: ReplyBuilder, place: Place): LlmError {
  if (error instanceof LlmError) return error;
  if (error instanceof APIConnectionError) return unreachable(error, place);
  if (isApiError(error)) return refused(refusalOf(error), place);
  // What fetch throws when a connection breaks.
  if (error instanceof TypeError && error.cause instanceof Error) return brokenOff(error, place, isBegun ? "cut" : undefined);
  return unreadable(error, place);
}

/** Because `instanceof` alone makes the type's parameters `any`. */
function isApiError(error: unknown): error is APIError {
  return error instanceof APIError && !(error instanceof APIConnectionError);
}

/** In a stream the error itself says what the status would have been. */
function refusalOf(error: APIError): Refusal {
  const said = Number(error.code);
  const status: number | undefined = error.status ?? (said >= 400 && said < 600 ? said : undefined);
  return { status, body: error.error ?? plainBody(error), headers: error.headers };
}

/** The client's message is the status and then the text that the server sent, or its own words for no text. */
function plainBody({ message, status }: APIError): string {
  const text = message.replace(`${String(status)} `, "");
  return text === "status code (no body)" ? "" : text;
}
