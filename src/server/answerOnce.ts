import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { keyHeader, requestIdHeader } from "../protocol/agentServer/headers.ts";

interface Kept {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

interface Effect {
  /** Undefined when its answer is too large to be kept. */
  readonly answer: Promise<Kept | undefined>;
  /** Somebody has come back for it. */
  claim(): void;
}

const mostEffects = 1_000;
const mostKeptBytes = 256 * 1024;
/** Who has lost the connection has so long to come back, before what they asked for is broken off. */
const patienceMs = 10_000;

/**
 * Does what a request asks for once: the same request with the same `x-request-id` and key gets the first one's answer, now or when it is there. Of
 * an answer in lines the last one is kept, which tells the outcome. The newest thousand answers are kept, each up to 256 kB.
 */
export function answerOnce(): MiddlewareHandler {
  const effects = new Map<string, Effect>();
  return async (c, next) => {
    const id = c.req.header(requestIdHeader);
    if (id === undefined) return next();
    if (!/^[\w.:-]{1,128}$/.test(id)) return c.json({ code: "failed", detail: `The header ${requestIdHeader} must be a short word.` }, 400);
    const name = nameOf(c, id);
    const known = effects.get(name);
    if (known !== undefined) return repeated(known, c.req.raw.signal);
    const answer = Promise.withResolvers<Kept | undefined>();
    const patience = new Patience(c.req.raw.signal);
    effects.set(name, { answer: answer.promise, claim: () => patience.claim() });
    const [oldest] = effects.keys();
    if (effects.size > mostEffects && oldest !== undefined) effects.delete(oldest);
    // A failure of ours has done nothing, so that the next try may do it.
    const forget = (): void => void effects.delete(name);
    // On the request itself, because a copy of it costs 0.1 ms, which is a tenth of a command's round trip.
    Object.defineProperty(c.req.raw, "signal", { value: patience.signal });
    void answer.promise.finally(() => patience.end());
    await next();
    if (c.res.status >= 500) forget();
    const outcome = told.get(c);
    if (outcome === undefined) c.res = record(c.res, { signal: patience.signal, keep: answer.resolve });
    else answer.resolve({ status: c.res.status, type: c.res.headers.get("content-type") ?? "", body: outcome });
    return undefined;
  };
}

const told = new WeakMap<Context, Uint8Array<ArrayBuffer>>();

/** For an answer that is whole already: what of it is kept, so that it need not be read for that on its way. */
export function tellOutcome(c: Context, outcome: string): void {
  const body = Buffer.from(outcome);
  if (body.length <= mostKeptBytes) told.set(c, body);
}

/** The key is told apart by its hash, so that it is not kept here. */
function nameOf(c: Context, id: string): string {
  const { pathname, search } = new URL(c.req.url);
  const from = createHash("sha256").update(c.req.header(keyHeader) ?? "");
  return [from.digest("base64"), c.req.method, pathname + search, id].join(" ");
}

async function repeated(effect: Effect, signal: AbortSignal): Promise<Response> {
  effect.claim();
  const gone = Promise.withResolvers<undefined>();
  const leave = (): void => gone.resolve(undefined);
  signal.addEventListener("abort", leave, { once: true });
  const kept = await Promise.race([effect.answer, gone.promise]);
  signal.removeEventListener("abort", leave);
  if (kept === undefined) {
    const detail =
      "This was done already, and its answer is not kept: it was too large, or broke off. Look at what it has done before asking again.";
    return Response.json({ code: "failed", detail }, { status: 409 });
  }
  return new Response(kept.body, { status: kept.status, headers: { "content-type": kept.type } });
}

/** The signal of a request that outlives its connection for a while. */
class Patience {
  readonly #outlived = new AbortController();
  readonly #connection: AbortSignal;
  readonly #wait = (): void => {
    this.#timer = setTimeout(() => this.#outlived.abort(this.#connection.reason), patienceMs);
  };
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: AbortSignal) {
    this.#connection = connection;
    connection.addEventListener("abort", this.#wait, { once: true });
  }

  get signal(): AbortSignal {
    return this.#outlived.signal;
  }

  claim(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#connection.removeEventListener("abort", this.#wait);
  }
}

interface Copying {
  readonly memory: Memory;
  finish(): void;
  /** It has broken off. */
  lose(): void;
}

interface Recorder {
  readonly signal: AbortSignal;
  keep(answer: Kept | undefined): void;
}

/** The same answer, which is kept when it is whole, whether somebody reads it or not. */
function record(response: Response, { signal, keep }: Recorder): Response {
  const { status, headers, body } = response;
  const type = headers.get("content-type") ?? "";
  if (body === null) {
    keep({ status, type, body: new Uint8Array() });
    return response;
  }
  const memory = new Memory(type.startsWith("application/x-ndjson"));
  const finish = (): void => keep(memory.bytes && { status, type, body: memory.bytes });
  const lose = (): void => keep(undefined);
  signal.addEventListener("abort", lose, { once: true });
  return new Response(copied(body, { memory, finish, lose }), { status, headers });
}

/** Also what nobody reads any more is read to its end. By hand, because this is on the way of every command. */
function copied(body: ReadableStream<Uint8Array<ArrayBuffer>>, { memory, finish, lose }: Copying): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = body.getReader();
  const readOn = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    try {
      const next = await source.read();
      if (next.done) finish();
      else memory.hold(next.value);
      return next.value;
    } catch (error) {
      lose();
      throw error;
    }
  };
  const readToEnd = async (): Promise<void> => {
    while ((await readOn()) !== undefined);
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> => {
    const chunk = await readOn();
    if (chunk === undefined) controller.close();
    else controller.enqueue(chunk);
  };
  // Nobody is there any more who could be told of a failure.
  return new ReadableStream({ pull, cancel: () => void readToEnd().catch(() => undefined) }, { highWaterMark: 0 });
}

class Memory {
  readonly #isLines: boolean;
  /** Undefined when it is too much. */
  bytes: Uint8Array<ArrayBuffer> | undefined = new Uint8Array();

  constructor(isLines: boolean) {
    this.#isLines = isLines;
  }

  hold(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.bytes === undefined && !this.#isLines) return;
    // Each line comes as one chunk.
    const held = this.#isLines || this.bytes === undefined ? chunk : Buffer.concat([this.bytes, chunk]);
    this.bytes = held.length > mostKeptBytes ? undefined : held;
  }
}
