import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from "@modelcontextprotocol/client";
import { protocolVersion } from "../../protocol/agentServer/base.ts";
import type { McpCredential, McpTestAnswer, McpTestRequest, RemoteServer, StdioServer } from "../../protocol/agentServer/mcp.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { type PipedProgram, startPipedProgram } from "../../runtime/machine/pipedProgram.ts";
import { type Cipher, isToken } from "../secrets/cipher.ts";
import type { Reach } from "./addresses.ts";
import { checkedFetch } from "./checkedFetch.ts";
import { ProgramTransport } from "./programTransport.ts";

export interface TryOptions {
  readonly reach: Reach;
  /** Undefined: encrypted secrets stay as they are. */
  readonly cipher: Cipher | undefined;
  readonly signal: AbortSignal;
}

/** Connects, lists the tools, calls one if that is asked for, and ends all that was started, whatever happens. */
export async function tryServer(request: McpTestRequest, { reach, cipher, signal: client }: TryOptions): Promise<McpTestAnswer> {
  const timeoutMs = request.timeout * 1000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([client, deadline]);
  const server = unsealed(request.server, cipher);
  const started: Started = { program: undefined };
  const mask = maskOf(server);
  try {
    const transport = await open(server, { reach, signal, started });
    return masked(await ask(transport, request, { signal, timeoutMs }), mask);
  } catch (error) {
    if (deadline.aborted) return { ok: false, error: `There was no answer within ${request.timeout} s.`, error_kind: "timeout" };
    const told = [messageOf(error), started.program?.complaint.trim() ?? ""].filter((text) => text !== "").join("\n");
    return { ok: false, error: mask(told), error_kind: error instanceof TypeError ? "unknown" : "connection" };
  } finally {
    await started.program?.[Symbol.asyncDispose]();
  }
}

interface Started {
  program: PipedProgram | undefined;
}

interface Opening {
  readonly reach: Reach;
  readonly signal: AbortSignal;
  /** Is told what has to be ended. */
  readonly started: Started;
}

async function open(server: StdioServer | RemoteServer, { reach, signal, started }: Opening): Promise<Transport> {
  if (server.type === "stdio") {
    const program = await startPipedProgram({ ...server, cwd: server.cwd ?? undefined });
    started.program = program;
    return new ProgramTransport(program);
  }
  const requestInit = { headers: { ...server.headers, ...headersOf(server.auth) } };
  const options = { fetch: checkedFetch(reach, signal), requestInit };
  const url = URL.parse(server.url);
  if (url === null) throw new Error("The server's address is no URL.");
  // oxlint-disable-next-line typescript/no-deprecated -- Servers that speak only this one are still there, and the protocol has a name for them.
  return server.type === "sse" ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
}

interface Times {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

async function ask(transport: Transport, { tool_call }: McpTestRequest, { signal, timeoutMs }: Times): Promise<McpTestAnswer> {
  const client = new Client({ name: "openhands", version: protocolVersion });
  const patience = { signal, timeout: timeoutMs };
  try {
    await client.connect(transport, patience);
    const { tools } = await client.listTools(undefined, patience);
    const result = tool_call && (await client.callTool(tool_call, patience));
    const text = result?.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n") ?? "";
    return {
      ok: true,
      tools: tools.map(({ name }) => name),
      tool_result: result ? { is_error: result.isError ?? false, text } : null,
      resolved_mcp_servers: null,
      oauth_state: null,
    };
  } finally {
    await client.close().catch(() => undefined);
  }
}

function headersOf(auth: McpCredential | null | undefined): Record<string, string> {
  switch (auth?.strategy) {
    case "api_key":
      return auth.value == null ? {} : auth.header_name ? { [auth.header_name]: auth.value } : { authorization: `Bearer ${auth.value}` };
    case "bearer":
      return auth.value == null ? {} : { authorization: `Bearer ${auth.value}` };
    case "basic":
      return auth.password == null ? {} : { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}` };
    case "header":
      return auth.headers;
    case "oauth2":
      throw new Error("This server does not log in at MCP servers by OAuth. Give a token in the server's headers.");
    case "none":
    case undefined:
      return {};
  }
}

/** With its secrets in plain text. */
function unsealed<Server>(server: Server, cipher: Cipher | undefined): Server {
  const open = (text: string): string => (isToken(text) ? (cipher?.decrypt(text) ?? text) : text);
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return open(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner)]));
  };
  // oxlint-disable-next-line typescript/consistent-type-assertions -- Texts stay texts.
  return walk(server) as Server;
}

const shortestSecret = 4;

/** Hides the secrets that the server was given, which it may repeat. */
function maskOf(server: StdioServer | RemoteServer): (text: string) => string {
  const given = server.type === "stdio" ? server.env : { ...server.headers, ...secretsOf(server.auth) };
  const secrets = Object.values(given).filter((value) => value.length >= shortestSecret);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "**********"), text);
}

function secretsOf(auth: McpCredential | null | undefined): Record<string, string> {
  if (auth == null || auth.strategy === "oauth2") return {};
  const plain = "value" in auth ? auth.value : "password" in auth ? auth.password : undefined;
  return { ...headersOf(auth), ...(plain == null ? {} : { plain }) };
}

function masked(answer: McpTestAnswer, mask: (text: string) => string): McpTestAnswer {
  if (!answer.ok || answer.tool_result === null) return answer;
  return { ...answer, tool_result: { ...answer.tool_result, text: mask(answer.tool_result.text) } };
}
