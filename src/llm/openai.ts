import type { Readable } from "node:stream";
import OpenAI from "openai";
import { readBeginning } from "./boundedAnswer.ts";
import { type Deadlines, type OpenChunks, withDeadlines } from "./deadlines.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { readEventStream, type ServerEvent } from "./eventStream.ts";
import { brokenOff, type Place, quoted, type Refusal, refused, secretsOf, unreachable, unreadable, wordsOf } from "./failure.ts";
import { type HttpAnswer, httpPost } from "./httpPost.ts";
import { factsOf, type ModelFacts } from "./knownModels.ts";
import type { Llm, LlmChunk, LlmReply, LlmRequest } from "./llm.ts";
import { LlmError } from "./llmError.ts";
import { costOf, toldCost } from "./prices.ts";
import { ReplyBuilder, type ReplyChunk } from "./replyBuilder.ts";
import { type Habits, hasImages, RequestBodies } from "./requestBody.ts";
import { fieldsOf, readUsage } from "./usage.ts";

/** What goes with each request, as far as it is told. */
export interface HowToAsk {
  /** Fields of the request that may be left out again when the endpoint does not take them, such as `temperature`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Fields of the request that stay. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenAiOptions extends HowToAsk {
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
export function openAiLlm({ model, apiKey, baseUrl, deadlines, facts: told, ...how }: OpenAiOptions): Llm {
  const endpoint = withHeaders(endpointOf(baseUrl, apiKey), how.headers);
  const facts = told ?? factsOf({ model, ...(baseUrl === undefined ? {} : { base_url: baseUrl }) });
  const place: Place = { model, host: endpoint.host, path: endpoint.path, secrets: secretsOf(apiKey, endpoint.headers) };
  const bodies = new RequestBodies(model, { noImages: facts.hasVision === false }, how);
  let target: Target | undefined;

  async function post(request: LlmRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, headers } = (target ??= targetOf(endpoint, apiKey));
    for (;;) {
      const answer = await httpPost(url, { headers, body: bodies.write(request), signal });
      if (answer.status >= 200 && answer.status < 300) return answer;
      const refusal = await refusalIn(answer);
      const habit = mayBeOurs(refusal, place) ? habitIn(wordsOf(refusal), request, bodies) : undefined;
      if (habit === undefined) throw new Refused(refusal);
      bodies.learn(habit);
    }
  }

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    const builder = new ReplyBuilder();
    let isAnswered = false;
    try {
      const open: OpenChunks<Iterable<ReplyChunk>> = async (inner, alive) => {
        const answer = await post(request, inner);
        isAnswered = true;
        alive();
        return readAnswer(answer, { builder, alive, place });
      };
      for await (const chunks of withDeadlines(open, signal, deadlines)) for (const chunk of chunks) yield* builder.add(chunk);
      yield* builder.rest();
      const reply = withCost(builder, facts, endpoint.host);
      bodies.remember(reply, builder.extras);
      yield { type: "reply", reply };
    } catch (error) {
      signal.throwIfAborted();
      throw toLlmError(error, { place, isAnswered, isBegun: builder.isBegun });
    }
  }

  const { hasPrice, hasVision, maxInputTokens } = facts;
  return {
    ...{ model, isDemo: false, hasPrice, stream },
    ...(hasVision === undefined ? {} : { hasVision }),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
  };
}

/** Where each request goes, and with what headers. */
interface Target {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The address as OpenAI's own client makes it. Its headers are ours, because for those it would load all of `fetch`, a tenth of the time until
 * the first request.
 */
function targetOf({ baseUrl, headers, host }: Endpoint, apiKey = "none"): Target {
  const client = new OpenAI({ apiKey, baseURL: baseUrl, organization: null, project: null, logLevel: "off" });
  const all = { authorization: `Bearer ${apiKey}`, accept: "text/event-stream, application/json", "user-agent": "OpenHands", ...headers };
  const sent = Object.entries({ "content-type": "application/json", ...all }).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  if (sent.some(([, value]) => !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))) {
    const sentence = `The API key for ${host} holds characters that no header can carry, such as a line break. Set it again.`;
    throw new LlmError("LLMAuthenticationError", sentence);
  }
  return { url: new URL(client.buildURL("/chat/completions", null)), headers: Object.fromEntries(sent) };
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super("refused");
    this.refusal = refusal;
  }
}

async function refusalIn({ status, headers, body }: HttpAnswer): Promise<Refusal> {
  const text = await readBeginning(body);
  const json = parsed(text);
  const location = headers.get("location");
  const plain =
    status < 400 && location !== null ? `It sends requests on to ${location}; set the base URL to that, if you trust it.` : text;
  return { status, body: errorIn(json) ?? json ?? plain, headers };
}

/** Whether another form of the request may be taken; some servers call one that they do not understand a fault of their own. */
function mayBeOurs(refusal: Refusal, place: Place): boolean {
  const { code } = refused(refusal, place);
  return ["LLMBadRequestError", "LLMServiceUnavailableError", "LLMMalformedConversationHistoryError"].includes(code);
}

/** What a refusal of `request` teaches about the endpoint; undefined when it is nothing new. */
function habitIn(words: string, request: LlmRequest, { habits: known, options }: RequestBodies): Habits | undefined {
  if (!known.noStreamOptions && /stream_options|include_usage/.test(words)) return { noStreamOptions: true };
  if (!known.noImages && hasImages(request) && /image|vision|multi-?modal/.test(words)) return { noImages: true };
  const refusedOption = options.find((name) => namesOption(words, name));
  if (refusedOption !== undefined) return { refusedOptions: [...(known.refusedOptions ?? []), refusedOption] };
  if (!known.noThinking && request.tools.length > 0 && /reasoning_effort.*\bnone\b/.test(words)) return { noThinking: true };
  if (!known.wantsReasoning && /(missing|passed back).*reasoning_content|reasoning_content.*passed back/.test(words))
    return { wantsReasoning: true };
  if (!known.wantsSignatures && /missing an? \W*thought_?signature/.test(words)) return { wantsSignatures: true };
  if (!known.wantsTurns && /unexpected role \W*user\W* after role \W*tool/.test(words)) return { wantsTurns: true };
  return undefined;
}

/** Whether a refusal is one of this field, in one of the many ways in which servers say so. */
function namesOption(words: string, name: string): boolean {
  return (
    new RegExp(`\\b${name}\\b`).test(words) &&
    /un(supported|recognized|known|expected)|not (supported|permitted|allowed)|does not support|extra|invalid|only the default/.test(words)
  );
}

function withHeaders(endpoint: Endpoint, headers: Readonly<Record<string, string>> = {}): Endpoint {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...endpoint, headers: { ...endpoint.headers, ...Object.fromEntries(given) } };
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
async function readAnswer({ headers, body }: HttpAnswer, reading: Reading): Promise<AsyncIterable<Iterable<ReplyChunk>>> {
  if (!/json|html/.test(headers.get("content-type") ?? "")) return readChunks(body, reading);
  const text = await readBeginning(body);
  const whole = parsed(text);
  if (errorIn(whole) || (isChunk(whole) && Array.isArray(whole.choices))) return one([{ name: "", data: text }]);
  const said = quoted(text, reading.place);
  const sentence = `${reading.place.host} did not answer with a stream. It said: ${said} (Check the base URL.)`;
  throw new LlmError("LLMServiceUnavailableError", sentence, { fault: "unreachable" });
}

async function* one(events: readonly ServerEvent[]): AsyncGenerator<Iterable<ReplyChunk>> {
  yield toChunks(events);
}

/** How long to wait for more when the reply is there but was not counted, and when nothing is missing but the stream's end. */
const uncountedMs = 1_000;
const completeMs = 100;

/**
 * The chunks of each piece that comes, until the stream ends, or what came makes a reply and no more comes for a while.
 * It is read to its end so that the connection can be used again; every byte of it is a sign of life, because some servers
 * send comments while a model thinks.
 */
async function* readChunks(body: Readable, { builder, alive }: Reading): AsyncGenerator<Iterable<ReplyChunk>> {
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
      yield toChunks(isDone ? events.slice(0, end) : events);
    }
  } catch (error) {
    // A connection that breaks behind the end has broken nothing.
    if (!isDone && !builder.isFinished) throw error;
  }
}

/** One after the other, so that what stands before an error in the same piece is read. */
function* toChunks(events: readonly ServerEvent[]): Generator<ReplyChunk> {
  for (const { name, data } of events) {
    const value = parsed(data);
    const error = name === "error" ? (errorIn(value) ?? value ?? { message: data }) : errorIn(value);
    if (error) throw new Refused({ status: statusIn(error), body: error, headers: undefined });
    if (isChunk(value)) yield value;
    // Events of other names, and those that hold nothing, keep a connection open.
    else if (name === "" && data.trim() !== "") throw new SyntaxError("a chunk is no JSON object");
  }
}

/** In a stream the error itself says what the status would have been. */
function statusIn(error: unknown): number | undefined {
  const said = Number(fieldsOf(error)["code"]);
  return said >= 400 && said < 600 ? said : undefined;
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

interface Moment {
  readonly place: Place;
  readonly isAnswered: boolean;
  /** Whether anything of a reply has come. */
  readonly isBegun: boolean;
}

function toLlmError(error: unknown, { place, isAnswered, isBegun }: Moment): LlmError {
  if (error instanceof LlmError) return error;
  if (error instanceof Refused) return refused(error.refusal, place);
  // Errors of connections have the system's codes.
  if (!(error instanceof Error && "code" in error)) return unreadable(error, place);
  return isAnswered ? brokenOff(error, place, isBegun ? "cut" : undefined) : unreachable(error, place);
}
