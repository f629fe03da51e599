import type { Context } from "hono";
import type * as z from "zod";
import type { RuntimeFault } from "../protocol/runtimeApi.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";

const maxWriteBytes = 100 * 1024 * 1024;

/** The request's JSON. Rejects with a BadRequest that names the first thing that is wrong. */
export async function body<Shape extends z.ZodType>(c: Context, schema: Shape): Promise<z.output<Shape>> {
  const value: unknown = await c.req.json().catch(() => undefined);
  return check(schema, value);
}

export function check<Shape extends z.ZodType>(schema: Shape, value: unknown): z.output<Shape> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadRequest(`${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}`);
}

/** The bytes of one file. */
export async function limitedBody(c: Context): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const chunks: AsyncIterable<Uint8Array> | undefined = c.req.raw.body ?? undefined;
  if (chunks === undefined) return new Uint8Array();
  let size = 0;
  for await (const part of chunks) {
    size += part.byteLength;
    if (size > maxWriteBytes) throw new RuntimeError("too-large", `A file of more than ${maxWriteBytes} bytes cannot be written.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

class BadRequest extends Error {
  override readonly name = "BadRequest";
}

export function toFault(error: unknown): RuntimeFault {
  if (error instanceof RuntimeError) return { code: error.code, detail: error.message };
  return { code: "failed", detail: messageOf(error) };
}

export function statusOf(error: unknown): 400 | 404 | 409 | 413 | 429 | 500 | 503 {
  if (error instanceof BadRequest) return 400;
  if (!(error instanceof RuntimeError)) return 500;
  switch (error.code) {
    case "not-found":
      return 404;
    case "exists":
    case "changed":
      return 409;
    case "too-large":
      return 413;
    case "too-many":
      return 429;
    case "closed":
    case "no-shell":
    case "unreachable":
      return 503;
    default:
      return 400;
  }
}
