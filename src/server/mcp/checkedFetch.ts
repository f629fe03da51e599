import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable, Transform } from "node:stream";
import { checkedLookup, checkUrl, type Reach } from "./addresses.ts";

const mostBytes = 10_000_000;

/**
 * A fetch that connects only to addresses that may be asked, follows no redirection and holds an answer's size. It is node:http's, because fetch
 * itself cannot be told which address to connect to. Rejects with the system's error, a sentence, or the signal's reason.
 */
export function checkedFetch(reach: Reach, signal: AbortSignal): (url: string | URL, init?: RequestInit) => Promise<Response> {
  const lookup = checkedLookup(reach);
  return async (given, init = {}) => {
    const url = new URL(given);
    checkUrl(url, reach);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = Object.fromEntries(new Headers(init.headers));
    const signals = init.signal ? AbortSignal.any([signal, init.signal]) : signal;
    const request = send(url, { method: init.method ?? "GET", headers, lookup, agent: false, signal: signals }, resolve);
    request.once("error", reject);
    request.end(typeof init.body === "string" ? init.body : undefined);
    return responseOf(await promise);
  };
}

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) for (const one of [value ?? []].flat()) headers.append(name, one);
  if ([204, 205, 304].includes(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  let bytes = 0;
  const limited = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > mostBytes) done(new Error(`The answer has more than ${mostBytes} bytes.`));
      else done(null, chunk);
    },
  });
  answer.once("error", (error) => limited.destroy(error));
  limited.once("close", () => answer.destroy());
  answer.pipe(limited);
  // oxlint-disable-next-line typescript/consistent-type-assertions -- Node's streams of the web are those of the web.
  return new Response(Readable.toWeb(limited) as ReadableStream<Uint8Array>, { status, headers });
}
