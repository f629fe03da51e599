import { randomUUID } from "node:crypto";
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { PassThrough, pipeline, type Readable } from "node:stream";
import type * as z from "zod";
import { requestIdHeader } from "../../protocol/agentServer/headers.ts";
import { RuntimeFault } from "../../protocol/runtimeApi.ts";
import { shownName } from "../../protocol/shownName.ts";
import { RuntimeError } from "../runtime.ts";

export interface Question {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly json?: object;
  readonly bytes?: Uint8Array;
  /** See askOnce. */
  readonly requestId?: string;
  /** Sent as it comes. */
  readonly stream?: Readable;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

const maxJsonBytes = 64 * 1024 * 1024;
const maxLineCharacters = 16 * 1024 * 1024;

/**
 * Sends one request and resolves with its answer's head; the body is still to be read. Rejects with a RuntimeError when the server says no
 * or is gone, and with the signal's reason when aborted; then the request is ended on the server too.
 */
export async function ask(session: ClientHttp2Session, question: Question): Promise<Answer> {
  const { signal } = question;
  signal.throwIfAborted();
  const stream = open(session, question);
  const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
  signal.addEventListener("abort", cancel, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", cancel));
  const body = bodyOf(stream);
  send(stream, question);
  const headers = await headersOf(stream, signal);
  if (Number(headers[":status"]) === 200) return { headers, body };
  throw toRuntimeError(await readJson({ headers, body }, signal));
}

export async function askJson(session: ClientHttp2Session, question: Question): Promise<unknown> {
  return readJson(await ask(session, question), question.signal);
}

export async function readJson(answer: Answer, signal: AbortSignal): Promise<unknown> {
  return parseJson(Buffer.from(await readAll(answer, maxJsonBytes, signal)).toString("utf8"));
}

/**
 * Asks for something that must not happen twice, and reads what came of it. When its answer is lost and the connection is not, it is asked for
 * again by the same name: then the server tells the outcome, and does nothing.
 */
export async function askOnce<T>(session: ClientHttp2Session, question: Question, read: (answer: Answer) => Promise<T>): Promise<T> {
  const named = { ...question, requestId: randomUUID() };
  try {
    return await read(await ask(session, named));
  } catch (lost) {
    if (!isUnreachable(lost) || session.destroyed || session.closed) throw lost;
    try {
      return await read(await ask(session, named));
    } catch (error) {
      throw isUnreachable(error) ? lost : error;
    }
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === "unreachable" || error.code === "closed");
}

/** The whole body; more than `maxBytes` of it is refused, because the server may be hostile. */
export async function readAll({ body }: Answer, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  const chunks: AsyncIterable<Buffer> = body;
  let size = 0;
  try {
    for await (const part of chunks) {
      size += part.length;
      if (size > maxBytes) throw new RuntimeError("too-large", `The sandbox sent more than ${maxBytes} bytes.`);
      parts.push(part);
    }
  } catch (error) {
    throw brokenOff(error, signal);
  }
  signal.throwIfAborted();
  return Buffer.concat(parts);
}

/** The body's lines of JSON as they come. One that is not understood, or never ends, breaks the answer off: the server may be hostile. */
export async function* linesOf<Shape extends z.ZodType>(
  { body }: Answer,
  shape: Shape,
  signal: AbortSignal,
): AsyncGenerator<z.output<Shape>, undefined> {
  body.setEncoding("utf8");
  const chunks: AsyncIterable<string> = body.iterator({ destroyOnReturn: false });
  // Joined at the end of a line only: a long one would be copied again with each of its parts.
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const chunk of chunks) {
      const [first = "", ...next] = chunk.split("\n");
      parts.push(first);
      length += first.length;
      if (length > maxLineCharacters) throw new RuntimeError("too-large", "The sandbox sent a line that is too long.");
      if (next.length === 0) continue;
      const rest = next.pop() ?? "";
      for (const line of [parts.join(""), ...next]) yield understood(shape, line);
      [parts, length] = [[rest], rest.length];
    }
  } catch (error) {
    body.destroy();
    throw brokenOff(error, signal);
  } finally {
    passRest(body);
  }
  signal.throwIfAborted();
  return undefined;
}

const restMs = 1_000;

/**
 * Lets the end of an answer come by itself when nothing more of it is wanted. Broken off, it would count for the server as a reset, and HTTP/2
 * servers end a connection that has a thousand of them within a short time.
 */
function passRest(body: Readable): void {
  if (body.destroyed || body.readableEnded) return;
  const late = setTimeout(() => body.destroy(), restMs);
  body.once("close", () => clearTimeout(late));
  body.resume();
}

const notUnderstood = (cause?: unknown): RuntimeError =>
  new RuntimeError("failed", "The sandbox answered something that is not understood.", { cause });

function understood<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> {
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw notUnderstood(parsed.error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notUnderstood(cause);
  }
}

const mostDetailLines = 10;

/** Its sentence is shown to a person, in notifications as well. */
export function toRuntimeError(value: unknown): RuntimeError {
  const fault = RuntimeFault.safeParse(value).data;
  if (fault === undefined) return notUnderstood();
  return new RuntimeError(fault.code, fault.detail.split("\n", mostDetailLines).map(shownName).join("\n"));
}

function open(session: ClientHttp2Session, { method, path, json, requestId }: Question): ClientHttp2Stream {
  if (session.destroyed || session.closed) throw new RuntimeError("closed", "The sandbox is closed.");
  const type = json ? { "content-type": "application/json" } : {};
  const name = requestId === undefined ? {} : { [requestIdHeader]: requestId };
  return session.request({ ":method": method, ":path": path, ...type, ...name });
}

/** A body that fails breaks the request off; what became of it is told with the answer. */
function send(stream: ClientHttp2Stream, { json, bytes, stream: body }: Question): void {
  if (body === undefined) stream.end(json ? JSON.stringify(json) : bytes);
  else pipeline(body, stream, () => undefined);
}

/**
 * Because an HTTP/2 stream that the other side has closed drops what nobody has begun to read, the body is taken over at once.
 * It ends with an error when the stream does.
 */
function bodyOf(stream: ClientHttp2Stream): Readable {
  const body = new PassThrough();
  pipeline(stream, body, () => undefined);
  return body;
}

async function headersOf(stream: ClientHttp2Stream, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  const answered = Promise.withResolvers<IncomingHttpHeaders>();
  stream.once("response", (headers) => answered.resolve(headers));
  stream.once("error", (error) => answered.reject(error));
  stream.once("close", () => answered.reject(new RuntimeError("unreachable", "The sandbox is gone.")));
  try {
    return await answered.promise;
  } catch (error) {
    throw brokenOff(error, signal);
  }
}

function brokenOff(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RuntimeError) return error;
  return new RuntimeError("unreachable", "The sandbox is gone.", { cause: error });
}
