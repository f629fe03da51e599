import * as z from "zod";

/** Trying a server of the Model Context Protocol before it is kept (agent-server protocol §2.9). Secrets may be encrypted. */

const words = z.string().max(10_000);
const texts = z
  .record(z.string(), words.nullable())
  .nullish()
  .transform((map) => Object.fromEntries(Object.entries(map ?? {}).flatMap(([name, text]) => (text === null ? [] : [[name, text]]))));

const StdioServer = z.object({
  type: z.literal("stdio"),
  command: words.min(1),
  args: z
    .array(words)
    .max(1_000)
    .nullish()
    .transform((args) => args ?? []),
  env: texts,
  cwd: words.nullish(),
});
export type StdioServer = z.infer<typeof StdioServer>;

const Credential = z.discriminatedUnion("strategy", [
  z.object({ strategy: z.literal("none") }),
  z.object({ strategy: z.literal("api_key"), value: words.nullish(), header_name: words.nullish() }),
  z.object({ strategy: z.literal("bearer"), value: words.nullish() }),
  z.object({ strategy: z.literal("basic"), username: words, password: words.nullish() }),
  z.object({ strategy: z.literal("header"), headers: texts }),
  z.looseObject({ strategy: z.literal("oauth2") }),
]);
export type McpCredential = z.infer<typeof Credential>;

const RemoteServer = z.object({
  type: z.enum(["http", "shttp", "streamable-http", "sse"]),
  url: words.min(1),
  headers: texts,
  auth: Credential.nullish(),
});
export type RemoteServer = z.infer<typeof RemoteServer>;

/** As settings have it, the way is called `transport`, or is left to be seen from what else there is. */
function withType(value: unknown): unknown {
  if (typeof value !== "object" || value === null || "type" in value) return value;
  const isProgram = "command" in value && value.command !== null;
  const way = "transport" in value && typeof value.transport === "string" ? value.transport : isProgram ? "stdio" : "http";
  return { ...value, type: way };
}

/** A server, as an agent's `mcp_config` and settings have it, or as it is tried. */
export const McpServerConfig = z.preprocess(withType, z.discriminatedUnion("type", [StdioServer, RemoteServer]));
export type McpServerConfig = z.infer<typeof McpServerConfig>;

export const McpTestRequest = z.object({
  name: z.string().max(128).default("test-server"),
  server: McpServerConfig,
  /** Seconds, for all of it. */
  timeout: z.number().gt(0).max(120).default(15),
  /** Called as it is, once the tools are known: it should change nothing. */
  tool_call: z.object({ name: words.min(1), arguments: z.record(z.string(), z.unknown()).default({}) }).nullish(),
});
export type McpTestRequest = z.infer<typeof McpTestRequest>;

/** Failing is an answer too: 200 both. */
export const McpTestAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    tools: z.array(z.string()),
    tool_result: z.object({ is_error: z.boolean(), text: z.string() }).nullable(),
    resolved_mcp_servers: z.null(),
    oauth_state: z.null(),
  }),
  z.object({ ok: z.literal(false), error: z.string(), error_kind: z.enum(["timeout", "connection", "unknown"]) }),
]);
export type McpTestAnswer = z.infer<typeof McpTestAnswer>;
