// A server of the Model Context Protocol over streamable HTTP on loopback, with the tools of tests.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerOf } from "./mcpTools.ts";

export interface McpOverHttp extends AsyncDisposable {
  readonly url: string;
  /** Every request: its method, or that of the message in it, and who asked. */
  readonly asked: readonly { readonly method: string; readonly authorization: string | undefined }[];
  /** As after a restart: who had a session must begin another one. */
  forgetSessions(): void;
  /** Says so to who asks next, in the answer. */
  changeTools(): void;
}

/** A call of `hang` is an answer that breaks off; every other one is a stream, too, with one message. */
export async function serveMcpOverHttp(port = 0): Promise<McpOverHttp> {
  const asked: { method: string; authorization: string | undefined }[] = [];
  const sessions = new Set<string>();
  let hasChanged = false;
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      if (request.method !== "POST") {
        asked.push({ method: request.method ?? "", authorization });
        return response.writeHead(request.method === "DELETE" ? 200 : 405).end();
      }
      const { id, method, params } = JSON.parse(text);
      asked.push({ method, authorization });
      const session = String(request.headers["mcp-session-id"]);
      if (method === "initialize") sessions.add(response.setHeader("mcp-session-id", randomUUID()).getHeader("mcp-session-id") as string);
      else if (!sessions.has(session)) return response.writeHead(404).end("no such session");
      if (id === undefined) return response.writeHead(202).end();
      response.setHeader("content-type", "text/event-stream");
      const result = answerOf(method, params, hasChanged);
      if (hasChanged && method === "tools/call")
        response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" })}\n\n`);
      if (result === undefined) return response.write(": soon\n\n", () => response.end());
      return response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
    });
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    asked,
    forgetSessions: () => sessions.clear(),
    changeTools: () => {
      hasChanged = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
