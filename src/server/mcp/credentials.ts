import type { McpCredential } from "../../protocol/agentServer/mcp.ts";

/** What a server on the web is sent with each request. Throws a sentence for a login that is not done here. */
export function headersOf(auth: McpCredential | null | undefined): Record<string, string> {
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
