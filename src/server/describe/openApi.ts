import * as z from "zod";
import { protocolVersion } from "../../protocol/agentServer/base.ts";
import { keyHeader } from "../../protocol/agentServer/headers.ts";
import { accessTo, type Credential, cookieName } from "../access.ts";
import type { ListedRoute } from "../routes.ts";

/** The description of routes in OpenAPI 3.1, made from the schemas that requests are checked with. */
export function openApiOf(routes: readonly ListedRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = pathOf(route);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name }));
  return {
    openapi: "3.1.0",
    info: { title: "OpenHands Agent Server", version: protocolVersion },
    paths,
    components: { securitySchemes, schemas: { ValidationError: validationError } },
    tags,
  };
}

/** With parameters as `{name}`. */
export function pathOf({ path }: ListedRoute): string {
  return path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
}

export function operationIdOf(route: ListedRoute): string {
  return `${route.method}${pathOf(route).replaceAll(/[^a-zA-Z\d]+/g, "_")}`.replace(/_$/, "");
}

const schemes: Readonly<Record<Credential, string>> = { header: "APIKeyHeader", bearer: "HTTPBearer", cookie: "APIKeyCookie" };

const securitySchemes = {
  APIKeyHeader: { type: "apiKey", in: "header", name: "X-Session-API-Key", description: `Also spelled ${keyHeader}.` },
  HTTPBearer: { type: "http", scheme: "bearer" },
  APIKeyCookie: { type: "apiKey", in: "cookie", name: cookieName },
};

const validationError = schemaOf(
  z.object({
    detail: z.array(z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), input: z.unknown() })),
  }),
  "output",
);

function operationOf(route: ListedRoute): object {
  const access = accessTo(route.path);
  const checks = [route.params, route.query, route.body].some((schema) => schema !== undefined);
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [route.tag],
    ...(access === "none" ? {} : { security: access.map((credential) => ({ [schemes[credential]]: [] })) }),
    ...parametersOf(route),
    ...bodyOf(route),
    responses: {
      [route.status ?? 200]: usualAnswer(route),
      ...(access === "none" ? {} : { 401: refusal("No key, or a wrong one") }),
      ...Object.fromEntries((route.refuses ?? []).map((status) => [status, refusal(meanings[status] ?? "Refused")])),
      ...(checks
        ? { 422: { description: "The request does not fit", content: json({ $ref: "#/components/schemas/ValidationError" }) } }
        : {}),
    },
  };
}

const meanings: Readonly<Record<number, string>> = {
  400: "It cannot be done as asked",
  403: "It may not be done",
  404: "There is no such thing",
  409: "Something is in the way of it",
  413: "Too large",
  416: "No such range",
  429: "Too many at once",
  501: "This server does not have it",
  503: "Not now",
  507: "The disk is full",
};

function refusal(description: string): object {
  return { description, content: json({ type: "object", properties: { detail: {} }, required: ["detail"] }) };
}

function usualAnswer({ answer, gives, status }: ListedRoute): object {
  const description = "The usual answer";
  if (status === 204) return { description };
  if (gives !== undefined) return { description, content: { [gives]: {} } };
  return { description, content: json(answer === undefined ? {} : schemaOf(answer, "output")) };
}

function parametersOf({ params, query, path }: ListedRoute): object {
  const inPath = params === undefined ? namesIn(path) : fieldsOf(params, "path");
  const parameters = [...inPath, ...(query === undefined ? [] : fieldsOf(query, "query"))];
  return parameters.length === 0 ? {} : { parameters };
}

function namesIn(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function fieldsOf(schema: z.ZodType, place: "path" | "query"): object[] {
  const { properties = {}, required = [] } = schemaOf(schema, "input");
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: property,
  }));
}

function bodyOf({ body, takes }: ListedRoute): object {
  if (takes !== undefined)
    return { requestBody: { required: true, content: { [takes]: takes.startsWith("multipart/") ? { schema: form } : {} } } };
  if (body === undefined) return {};
  // An empty body counts as `{}`.
  return { requestBody: { required: !body.safeParse({}).success, content: json(schemaOf(body, "input")) } };
}

const form = { type: "object", properties: { file: { type: "string", contentMediaType: "application/octet-stream" } }, required: ["file"] };

function json(schema: object): object {
  return { "application/json": { schema } };
}

/** The JSON Schema of what is asked (`input`) or answered (`output`). */
export function schemaOf(schema: z.ZodType, io: "input" | "output"): z.core.JSONSchema.ObjectSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  // oxlint-disable-next-line typescript/consistent-type-assertions -- What is no object has none of its fields.
  return described as z.core.JSONSchema.ObjectSchema;
}
