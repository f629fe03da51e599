import type { IncomingMessage } from "node:http";
import type { Answer } from "./gate.ts";

/** What one connection to a port may take. */
export interface Limits {
  /** To the end of a request's headers, and to the end of its body. How long the answer takes is not limited. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly headers: number;
  readonly connections: number;
  /** How long one who reads nothing of an answer is waited for. */
  readonly stalledMs: number;
}

export function tooManyHeaders(request: IncomingMessage, { headers }: Limits): Answer | undefined {
  return request.rawHeaders.length / 2 > headers ? { status: 431, body: { detail: "Request Header Fields Too Large" } } : undefined;
}
