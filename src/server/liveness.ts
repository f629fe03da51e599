import type { IncomingMessage } from "node:http";
import type { Answer } from "./gate.ts";

/** What both say that it lives. */
export const livenessAnswer = { status: 200, body: { status: "ok" } } as const satisfies Answer;

/** Whether it is `GET /alive` or `GET /health`, which a port can answer by itself: who has started the server asks for them at once, and often. */
export function isLivenessProbe({ method, url }: IncomingMessage): boolean {
  return method === "GET" && /^\/(?:alive|health)\/?(?:\?|$)/.test(url ?? "");
}
