import { equal, ok } from "node:assert/strict";
import path from "node:path";
import fc from "fast-check";
import type { Hono } from "hono";
import { readArguments } from "../../../sandbox-server/arguments.ts";
import { type OpenHosting, openHosting } from "../../../sandbox-server/hosting.ts";
import { noLog } from "../../../src/protocol/log.ts";
import { openBashCommands } from "../../../src/runtime/machine/bash/bashCommands.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { serverApp } from "../../../src/server/app.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

/** As much of JSON Schema as our schemas make. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

/** These names mean something outside of the server: nothing random is run, written or asked there. */
const told: Readonly<Record<string, (folder: string) => fc.Arbitrary<unknown>>> = {
  command: () => fc.constantFrom("true", "exit 3", ""),
  args: () => fc.constant([]),
  url: () => fc.constantFrom("http://127.0.0.1:9/", "no url", "file:///etc/passwd"),
  base_url: () => fc.constantFrom("http://127.0.0.1:9/", null),
  timeout: () => fc.constantFrom(1, 2, -1),
  working_dir: (folder) => fc.constantFrom(path.join(folder, "w"), "relative", ""),
  worktree: () => fc.constant(false),
  cwd: (folder) => fc.constantFrom(folder, path.join(folder, "missing")),
  path: (folder) => fc.constantFrom(folder, path.join(folder, "new"), "relative", "/no/such", "/a\0b", "../x", ""),
  project_dir: (folder) => fc.constantFrom(folder, "/no/such", null),
  load_public: () => fc.constant(false),
  runtime: () => fc.constant(undefined),
};

/** Mostly what fits, now and then anything. */
function valueOf(schema: Schema, folder: string, depth = 0): fc.Arbitrary<unknown> {
  const fitting = fittingOf(schema, folder, depth);
  return depth > 6 ? fitting : fc.oneof({ weight: 12, arbitrary: fitting }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

function fittingOf(schema: Schema, folder: string, depth: number): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valueOf(one, folder, depth + 1)));
  const [type] = [schema.type ?? "any"].flat();
  switch (type) {
    case "object":
      return objectOf(schema, folder, depth);
    case "array":
      return fc.array(depth > 6 ? fc.constant(null) : valueOf(schema.items ?? {}, folder, depth + 1), { maxLength: 3 });
    case "string":
      return fc.oneof(fc.string({ maxLength: 20 }), fc.uuid(), fc.constantFrom("", "name", "2026-01-01T00:00:00", "**********", "gAAAAAx"));
    case "integer":
      return fc.integer({ min: Math.max(schema.minimum ?? -2, -1_000), max: Math.min(schema.maximum ?? 1_000, 1_000) });
    case "number":
      return fc.double({ min: schema.minimum ?? -1, max: schema.maximum ?? 1_000, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf({ properties = {}, required = [] }: Schema, folder: string, depth: number): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, field]) => [name, told[name]?.(folder) ?? valueOf(field, folder, depth + 1)]);
  const requiredKeys = required.filter((name) => name in properties);
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys });
}

function inText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

describe("any request that the description allows, and some that it does not", () => {
  let folder: TempFolder;
  let hosting: OpenHosting;
  let app: Hono;
  let conversation: string;
  const ends: AsyncDisposable[] = [];
  const failures: unknown[] = [];

  before(async () => {
    folder = await tempFolder();
    const options = readArguments(["--port", "0", "--data", path.join(folder.path, "data")]);
    if (typeof options === "string") throw new Error(options);
    const log = { ...noLog, error: (message: string, details: unknown) => void failures.push([message, details]) };
    const serving = { options, workspace: folder.path, workingDir: folder.path, log, ended: new Promise<void>(() => undefined) };
    hosting = await openHosting({ ...serving, secretKey: "a-secret-key" });
    const runtime = await openMachineRuntime({ workingDir: folder.path, wall: "test", pty: "none", ripgrep: "none" });
    const bash = await openBashCommands({ workingDir: folder.path });
    ends.push(hosting, runtime, bash);
    const facts = { buildSha: "", buildRef: "", platform: "test", usableTools: [], idleTimeoutSeconds: undefined };
    const late = { state: "ready" as const, routes: async () => hosting.routes };
    app = serverApp({ runtime, workspace: folder.path, openBash: async () => bash, facts, maxUploadBytes: 1_000, log, late });
    const start = {
      workspace: { working_dir: path.join(folder.path, "w") },
      agent: { llm: { model: "none", base_url: "http://127.0.0.1:9" } },
    };
    const begun = await app.request("/api/conversations", { method: "POST", body: JSON.stringify(start) });
    equal(begun.status, 201);
    conversation = ((await begun.json()) as { readonly id: string }).id;
  });
  after(async () => {
    await Promise.all(ends.map(async (end) => end[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  });

  it("is answered, and never by 500 (§1.6)", async () => {
    const { paths } = (await (await app.request("/openapi.json")).json()) as { readonly paths: Record<string, Record<string, Operation>> };
    let asked = 0;
    for (const [at, operations] of Object.entries(paths)) {
      // They check their requests by themselves, and act on this machine.
      if (at.startsWith("/api/runtime/")) continue;
      for (const [method, operation] of Object.entries(operations)) {
        const ask = async ({ names, query, body }: Request): Promise<void> => {
          const target = at.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inText(names[name] ?? "x")));
          const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, inText(value)]));
          const init = { method: method.toUpperCase(), ...(method === "get" || body === undefined ? {} : { body: JSON.stringify(body) }) };
          const answer = await app.request(`${target}?${search}`, init);
          const text = await answer.text();
          asked++;
          ok(answer.status !== 500, `${method} ${target}?${search} ${init.body ?? ""}\n${text}\n${JSON.stringify(failures.at(-1))}`);
        };
        await fc.assert(fc.asyncProperty(requestOf(operation), ask), { numRuns: 12, seed: 20_261_123, endOnFailure: true });
      }
    }
    ok(asked > 1_000, String(asked));
  });

  interface Request {
    readonly names: Readonly<Record<string, unknown>>;
    readonly query: Readonly<Record<string, unknown>>;
    readonly body: unknown;
  }

  function requestOf({ parameters = [], requestBody }: Operation): fc.Arbitrary<Request> {
    const fields = (place: string) =>
      Object.fromEntries(
        parameters
          .filter((parameter) => parameter.in === place)
          .map(({ name, schema }) => [name, told[name]?.(folder.path) ?? valueOf(schema, folder.path)]),
      ) as Record<string, fc.Arbitrary<unknown>>;
    const names = fields("path");
    if ("conversation_id" in names) names["conversation_id"] = fc.constantFrom(conversation, crypto.randomUUID(), "x");
    const body = requestBody?.content["application/json"]?.schema;
    return fc.record({
      names: fc.record(names),
      query: fc.record(fields("query"), { requiredKeys: [] }),
      body: body === undefined ? fc.constant(undefined) : valueOf(body, folder.path),
    });
  }
});
