import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type * as z from "zod";
import { ConversationError } from "../conversation/conversationError.ts";
import { HostError } from "../host/hostError.ts";
import type { Log } from "../protocol/log.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { mostBytesFor } from "./bodyLimits.ts";

/** A refusal with the body `{"detail": …}` of the agent-server protocol (§1.6). */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: ContentfulStatusCode;
  readonly detail: unknown;

  constructor(status: ContentfulStatusCode, detail: string | object) {
    super(typeof detail === "string" ? detail : "The request is not valid.");
    this.status = status;
    this.detail = detail;
  }
}

/** The body as `schema` has it; an empty one counts as `{}`. Throws a Refusal. */
export async function bodyOf<Shape extends z.ZodType>(c: Context, schema: Shape): Promise<z.output<Shape>> {
  const json = await textOf(c);
  const mostBytes = mostBytesFor(c.req.path);
  if (json.length > mostBytes) throw new Refusal(413, `The body has more than ${mostBytes} bytes.`);
  return parsed(parseJson(json), { schema, place: "body" });
}

/** Because the protocol has GETs with a body, which a Request cannot have: there it is as the port has read it. */
async function textOf(c: Context): Promise<string> {
  if (c.req.method !== "GET") return c.req.text();
  const env: unknown = c.env;
  if (typeof env !== "object" || env === null || !("incoming" in env)) return "";
  const { incoming } = env;
  if (!(incoming instanceof Readable)) return "";
  if ("rawBody" in incoming && incoming.rawBody instanceof Buffer) return incoming.rawBody.toString();
  return text(incoming);
}

export function queryOf<Shape extends z.ZodType>(c: Context, schema: Shape): z.output<Shape> {
  return parsed(c.req.query(), { schema, place: "query" });
}

export function paramsOf<Shape extends z.ZodType>(c: Context, schema: Shape): z.output<Shape> {
  return parsed(c.req.param(), { schema, place: "path" });
}

function parseJson(json: string): unknown {
  if (json.trim() === "") return {};
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal(422, [{ type: "json_invalid", loc: ["body", 0], msg: "JSON decode error", input: {} }]);
  }
}

interface Place<Shape extends z.ZodType> {
  readonly schema: Shape;
  readonly place: "body" | "query" | "path";
}

export function parsed<Shape extends z.ZodType>(value: unknown, { schema, place }: Place<Shape>): z.output<Shape> {
  const { success, data, error } = schema.safeParse(value, { reportInput: true });
  if (success) return data;
  throw new Refusal(
    422,
    error.issues.flatMap(inChoice).map((issue) => described(issue, place)),
  );
}

/** Of several shapes, what is wrong with the one that fits best: its faults lie deepest. */
function inChoice(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length));
  const [best] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
  return best?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

const secretName = /key|token|secret|password|credential|auth|cookie|^(?:value|env|headers|extra_headers)$/i;

/** A zod issue in the words of the protocol. What a secret may be in is not repeated. */
function described(issue: z.core.$ZodIssue, place: string): object {
  const loc = [place, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  if (issue.input === undefined) return { type: "missing", loc, msg: "Field required", input: null };
  // A text of a body may be a secret wherever it stands, for it stands where it does not belong.
  const plain = place === "body" ? ["number", "boolean"] : ["string", "number", "boolean"];
  const isPlain = issue.input === null || plain.includes(typeof issue.input);
  const isSecret = issue.path.some((part) => secretName.test(String(part)));
  const input = isSecret || !isPlain ? "<redacted>" : issue.input;
  return { type: typeOf(issue), loc, msg: issue.message, input };
}

function typeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `${issue.expected}_type`;
  if (issue.code === "too_small") return "greater_than_equal";
  if (issue.code === "too_big") return "less_than_equal";
  return issue.code === "invalid_value" ? "enum" : "value_error";
}

/** Errors of the protocol's families, and what no family knows: 404, or 405 where another method is known. `more` answers what is unknown here. */
export function addErrors(app: Hono, log: Log, more?: (c: Context) => Promise<Response>): void {
  app.notFound((c) => {
    const allowed = methods.filter((method) => hasRoute(app, method, c.req.path));
    if (allowed.length === 0) return more === undefined ? c.json({ detail: "Not Found" }, 404) : more(c);
    return c.json({ detail: "Method Not Allowed" }, 405, { allow: allowed.join(", ") });
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(refused(error), error.status);
    const status = statusOf(error);
    if (status !== undefined) return c.json(refused({ status, detail: error.message }), status);
    const errorId = randomUUID().replaceAll("-", "");
    log.error("A request failed.", {
      error_id: errorId,
      method: c.req.method,
      path: c.req.path,
      error: error.name,
      stack: placesOf(error),
    });
    return c.json({ detail: "Internal Server Error", exception: messageOf(error), error_id: errorId }, 500);
  });
}

/** The protocol tells nothing in `detail` when it is the server's fault; 501 is nobody's. */
function refused({ status, detail }: Pick<Refusal, "status" | "detail">): object {
  if (status < 500 || status === 501 || typeof detail !== "string") return { detail };
  return { detail: "Internal Server Error", exception: `${status}: ${detail}` };
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

function hasRoute(app: Hono, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path.replace(/(.)\/$/, "$1"));
  return handlers.some(([[, route]]) => route.method !== "ALL");
}

/** Of what says in a sentence for the client why it was not done; undefined: it is our own fault. */
function statusOf(error: Error): ContentfulStatusCode | undefined {
  if (error instanceof RuntimeError) return statuses[error.code];
  if (error instanceof HostError) return hostStatuses[error.code];
  return error instanceof ConversationError ? conversationStatuses[error.code] : undefined;
}

/** Where an error comes from, without its message, which may tell what was in a command or a file. */
export function placesOf({ stack = "" }: Error): string {
  return stack.split("\n    at ").slice(1).join(" < ");
}

const statuses: Readonly<Record<RuntimeError["code"], ContentfulStatusCode | undefined>> = {
  "not-found": 404,
  "no-permission": 403,
  "not-a-file": 403,
  "too-large": 413,
  "disk-full": 507,
  changed: 409,
  exists: 400,
  "is-directory": 400,
  "not-directory": 400,
  "invalid-path": 400,
  "no-shell": 501,
  "too-many": 429,
  closed: 503,
  unreachable: 503,
  failed: undefined,
};

/** What another process writes to is not there for clients (§7.3). */
const hostStatuses: Readonly<Record<HostError["code"], ContentfulStatusCode>> = {
  "nothing-to-confirm": 409,
  "not-possible": 400,
  "not-found": 404,
  closed: 503,
};

const conversationStatuses: Readonly<Record<ConversationError["code"], ContentfulStatusCode | undefined>> = {
  "not-found": 404,
  "in-use": 404,
  lost: 404,
  exists: 409,
  newer: 409,
  "not-writable": 507,
  "not-saved": 507,
  "not-readable": undefined,
};
