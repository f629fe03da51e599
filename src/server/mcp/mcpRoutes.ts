import { McpTestAnswer, McpTestRequest } from "../../protocol/agentServer/mcp.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { Reach } from "./addresses.ts";

const mostAtOnce = 8;

export interface McpOptions {
  readonly reach: Reach;
  readonly cipher: Cipher | undefined;
}

/** `POST /api/mcp/test`: whether a server of the Model Context Protocol can be used (agent-server protocol §2.9). Its client is read when it is first needed. */
export function addMcp(routes: Routes, options: McpOptions): void {
  let running = 0;
  const shape = { summary: "Try an MCP server", tag: "MCP", body: McpTestRequest, answer: McpTestAnswer, refuses: [429] };
  routes.add(["post", "/api/mcp/test"], shape, async ({ body, signal }) => {
    if (running >= mostAtOnce) throw new Refusal(429, `${mostAtOnce} servers are tried already. Wait until one of them has answered.`);
    running++;
    try {
      const { tryServer } = await import("./tryServer.ts");
      return await tryServer(body, { ...options, signal });
    } finally {
      running--;
    }
  });
}
