// A small Chat Completions server on 127.0.0.1 that answers by a script, with every fault that a real one may have.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Gate } from "./scripts.ts";

export interface FakeCall {
  readonly id?: string;
  readonly index?: number;
  readonly name: string;
  /** JSON text, or what becomes it. */
  readonly arguments: string | object;
}

/** A reply as a server should send it: one chunk for each word and call, the finish, the usage if asked for, and `[DONE]`. */
export interface FakeReply {
  readonly id?: string;
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly FakeCall[];
  /** Absent: `stop`, or `tool_calls` when there are some. */
  readonly finishReason?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Waits here, before the reply's first byte (the default) or after its texts. */
  readonly gate?: Gate;
  readonly gateAt?: "start" | "end";
}

/** An answer that is no stream: mostly a failure. */
export interface FakeFailure {
  readonly status: number;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes of a stream as they are; then the end, a cut connection, or silence for ever. */
export interface FakeBytes {
  readonly bytes: readonly (string | Uint8Array)[];
  readonly ending?: "end" | "cut" | "silence";
  readonly contentType?: string;
  /** Between two pieces. */
  readonly everyMs?: number;
}

export type FakeAnswer = FakeReply | FakeFailure | FakeBytes;

export interface FakeRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: {
    readonly model: string;
    readonly messages: readonly Record<string, unknown>[];
    readonly tools?: readonly unknown[];
  } & Record<string, unknown>;
}

export interface FakeLlm extends AsyncDisposable {
  /** The base URL, which ends in `/v1`. */
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly FakeRequest[];
  /** How many requests the client has given up before they were answered. */
  readonly aborted: () => number;
}

export interface FakeLlmOptions {
  readonly port?: number;
  /** After the last answer: the last one again, instead of a 500 that says so. */
  readonly repeatsLast?: boolean;
  /** What `GET …/models` lists; absent: it has no list. */
  readonly models?: readonly (string | Readonly<Record<string, unknown>>)[];
}

/** The n-th request gets the n-th answer. */
export async function startFakeLlm(
  answers: readonly FakeAnswer[],
  { port = 0, repeatsLast = false, models }: FakeLlmOptions = {},
): Promise<FakeLlm> {
  const requests: FakeRequest[] = [];
  let aborted = 0;
  const server = createServer((request, response) => {
    if (request.method === "GET") return sendModels(response, models);
    response.on("close", () => (aborted += response.writableFinished ? 0 : 1));
    receive(request).then(
      (received) => {
        const index = requests.push(received) - 1;
        const answer = answers[index] ?? (repeatsLast ? answers.at(-1) : undefined);
        return send(response, answer ?? { status: 500, body: `The script has no answer ${index}.` }, index);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    aborted: () => aborted,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

function sendModels(response: ServerResponse, models: FakeLlmOptions["models"]): void {
  if (models === undefined) return sendFailure(response, { status: 404, body: { error: { message: "There is no list of models." } } });
  const data = models.map((model) => (typeof model === "string" ? { id: model, object: "model" } : model));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ object: "list", data }));
}

async function receive(request: IncomingMessage): Promise<FakeRequest> {
  return { path: request.url ?? "", headers: request.headers, body: JSON.parse(await text(request)) };
}

async function send(response: ServerResponse, answer: FakeAnswer, index: number): Promise<void> {
  if ("status" in answer) return sendFailure(response, answer);
  if ("bytes" in answer) return sendBytes(response, answer);
  if (answer.gateAt !== "end") await answer.gate?.pass();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const base = { id: answer.id ?? `chatcmpl-${index}`, object: "chat.completion.chunk", created: 1_700_000_000, model: "fake" };
  const [last, ...spoken] = deltas(answer).toReversed();
  for (const delta of spoken.toReversed()) response.write(sse({ ...base, choices: [{ index: 0, delta, finish_reason: null }] }));
  if (answer.gateAt === "end") await answer.gate?.pass();
  if (last) response.write(sse({ ...base, choices: [{ index: 0, delta: last, finish_reason: null }] }));
  response.write(
    sse({ ...base, choices: [{ index: 0, delta: {}, finish_reason: answer.finishReason ?? (answer.toolCalls ? "tool_calls" : "stop") }] }),
  );
  if (answer.usage) response.write(sse({ ...base, choices: [], usage: answer.usage }));
  response.end("data: [DONE]\n\n");
}

/** One event of a stream. */
export function sse(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** One chunk with this delta, and the reply's end when there is a reason. */
export function chunk(delta: object, finish_reason: string | null = null): string {
  return sse({
    id: "chatcmpl-raw",
    object: "chat.completion.chunk",
    created: 1,
    model: "fake",
    choices: [{ index: 0, delta, finish_reason }],
  });
}

function deltas({ text: said = "", reasoning = "", toolCalls = [] }: FakeReply): object[] {
  return [
    { role: "assistant", content: "" },
    ...(reasoning.match(/\S+\s*|\s+/g) ?? []).map((word) => ({ reasoning_content: word })),
    ...(said.match(/\S+\s*|\s+/g) ?? []).map((word) => ({ content: word })),
    ...toolCalls.flatMap(callDeltas),
  ];
}

function callDeltas({ id, name, index, arguments: args }: FakeCall, position: number): object[] {
  const at = index ?? position;
  const json = typeof args === "string" ? args : JSON.stringify(args);
  const half = Math.ceil(json.length / 2);
  const begin = { index: at, id: id ?? `call_${position}`, type: "function", function: { name, arguments: "" } };
  return [begin, ...[json.slice(0, half), json.slice(half)].map((part) => ({ index: at, function: { arguments: part } }))].map((part) => ({
    tool_calls: [part],
  }));
}

function sendFailure(response: ServerResponse, { status, body = "", headers = {} }: FakeFailure): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

async function sendBytes(
  response: ServerResponse,
  { bytes, ending = "end", contentType = "text/event-stream", everyMs = 0 }: FakeBytes,
): Promise<void> {
  response.writeHead(200, { "content-type": contentType });
  response.flushHeaders();
  // Each piece on its own, so that the client meets it cut exactly here.
  for (const piece of bytes) await new Promise((resolve) => response.write(piece, () => setTimeout(resolve, everyMs)));
  if (ending === "end") response.end();
  if (ending === "cut") response.destroy();
}
