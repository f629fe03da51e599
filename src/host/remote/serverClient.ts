import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { keyHeader } from "../../protocol/agentServer/headers.ts";
import { codeOf } from "../../protocol/thrown.ts";
import { ServerError } from "./serverError.ts";

/** Where a server is and how it lets us in. The key goes into headers only, never into an address. */
export interface ServerAddress {
  /** http or https; a path in it is that of a reverse proxy. */
  readonly url: string;
  readonly key: () => Promise<string | undefined>;
}

export interface Request {
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

const mostBytes = 64 * 1024 * 1024;
const answerMs = 60_000;
/** A question is asked again after so long, because a server may fail for a moment (agent-server protocol §12). */
const againAfterMs = [200, 1000];

/** REST of an agent-server. Answers are JSON of at most 64 MiB, and come within a minute. */
export class ServerClient {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** Host and port, as a person knows the server. */
  get name(): string {
    return new URL(this.#address.url).host;
  }

  /** The address of a path below the server's own. */
  url(path: string, query: Request["query"] = {}): URL {
    const { url } = this.#address;
    const full = new URL(path, url.endsWith("/") ? url : `${url}/`);
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) full.searchParams.append(name, String(one));
    return full;
  }

  async headers(): Promise<Record<string, string>> {
    const key = await this.#address.key();
    return key ? { [keyHeader]: key } : {};
  }

  /** A question: asked again when the server fails for a moment. Rejects with a ServerError. */
  async get(path: string, request: Request = {}): Promise<unknown> {
    for (const waitMs of againAfterMs) {
      try {
        return await this.ask("GET", path, request);
      } catch (error) {
        if (!isMomentary(error) || request.signal?.aborted) throw error;
        await sleep(waitMs, undefined, { signal: request.signal });
      }
    }
    return this.ask("GET", path, request);
  }

  /** Asked once: what has an effect is never sent twice. Rejects with a ServerError. */
  async ask(method: Method, path: string, { query, body, signal }: Request = {}): Promise<unknown> {
    const deadline = AbortSignal.any([AbortSignal.timeout(answerMs), ...(signal ? [signal] : [])]);
    const headers = { ...(await this.headers()), ...(body === undefined ? {} : { "content-type": "application/json" }) };
    try {
      const response = await fetch(this.url(path, query), {
        method,
        headers,
        // Because a redirect would carry the key to wherever it leads.
        redirect: "manual",
        signal: deadline,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await readText(response, this.name);
      if (!response.ok) throw this.#refusal(response.status, text);
      return parsed(text, this.name);
    } catch (error) {
      if (error instanceof ServerError || signal?.aborted) throw error;
      throw this.#unreachable(error, method);
    }
  }

  #refusal(status: number, text: string): ServerError {
    const { name } = this;
    const detail = detailOf(text);
    if (status === 401 || (status === 403 && detail === undefined))
      return new ServerError("key", `The server ${name} does not take this key. Nothing was done; connect again with the right one.`, {
        status,
      });
    if (status >= 300 && status < 400)
      return new ServerError("refused", `The server ${name} leads to another address. Use that address itself.`, { status });
    // These say in a sentence of their own what may not be done there.
    if (status === 501 || status === 403) return new ServerError("refused", detail ?? `The server ${name} cannot do this.`, { status });
    return new ServerError("refused", `The server ${name} refused (${status}${detail ? `: ${detail}` : ""}).`, { status });
  }

  #unreachable(cause: unknown, method: Method): ServerError {
    const unknown = method === "GET" ? "" : " It may have been done all the same: look before you ask again.";
    return new ServerError("unreachable", `The server ${this.name} does not answer (${reasonOf(cause)}).${unknown}`, { cause });
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = codeOf(cause);
  if (code !== undefined) return reasons[code] === undefined ? code : `${reasons[code]}, ${code}`;
  return cause instanceof Error ? cause.message : String(cause);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  ENOTFOUND: "no machine of that name is found",
  EAI_AGAIN: "no machine of that name is found",
  EHOSTUNREACH: "there is no way to that machine",
  ENETUNREACH: "there is no way to that network",
};

function isMomentary(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  return error.code === "unreachable" || [500, 502, 503, 504].includes(error.status ?? 0);
}

/** The body, which must not be larger than we are ready to hold. */
async function readText(response: Response, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new ServerError("too-large", `The server ${name} sent more than can be read at once.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string, name: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServerError("not-understood", `What answers at ${name} is no OpenHands agent-server. Check the address.`, { cause });
  }
}

const ErrorBody = z.looseObject({ detail: z.unknown().optional(), exception: z.unknown().optional() });
const Issue = z.looseObject({ msg: z.string(), loc: z.array(z.union([z.string(), z.number()])).optional() });
const mostOfDetail = 500;

/** What the server says of its refusal (agent-server protocol §1.6), on one line. */
function detailOf(text: string): string | undefined {
  try {
    const { detail, exception } = ErrorBody.parse(JSON.parse(text));
    const issues = z.array(Issue).safeParse(detail).data;
    const said = issues ? issues.map(({ msg, loc }) => `${loc?.at(-1) ?? ""} ${msg}`.trim()).join("; ") : detail;
    const whole = said === "Internal Server Error" && typeof exception === "string" ? exception : said;
    if (whole === undefined) return undefined;
    return (typeof whole === "string" ? whole : JSON.stringify(whole)).replaceAll(/\s+/g, " ").slice(0, mostOfDetail);
  } catch {
    return undefined;
  }
}
