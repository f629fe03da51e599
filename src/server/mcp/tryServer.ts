import { Client, type Transport } from "@modelcontextprotocol/client";
import { protocolVersion } from "../../protocol/agentServer/base.ts";
import type { McpTestAnswer, McpTestRequest } from "../../protocol/agentServer/mcp.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { PipedProgram } from "../../runtime/machine/pipedProgram.ts";
import { type Cipher, isToken } from "../secrets/cipher.ts";
import type { Reach } from "./addresses.ts";
import { maskOf } from "./secretsOfServer.ts";
import { openTransport } from "./transports.ts";

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
  const mask = maskOf(server);
  let program: PipedProgram | undefined;
  try {
    const open = await openTransport(server, { reach, signal });
    ({ program } = open);
    return masked(await ask(open.transport, request, { signal, timeoutMs }), mask);
  } catch (error) {
    if (deadline.aborted) return { ok: false, error: `There was no answer within ${request.timeout} s.`, error_kind: "timeout" };
    const told = [messageOf(error), program?.complaint.trim() ?? ""].filter((text) => text !== "").join("\n");
    return { ok: false, error: mask(told), error_kind: error instanceof TypeError ? "unknown" : "connection" };
  } finally {
    await program?.[Symbol.asyncDispose]();
  }
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

function masked(answer: McpTestAnswer, mask: (text: string) => string): McpTestAnswer {
  if (!answer.ok || answer.tool_result === null) return answer;
  return { ...answer, tool_result: { ...answer.tool_result, text: mask(answer.tool_result.text) } };
}
