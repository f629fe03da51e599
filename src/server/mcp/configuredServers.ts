import { McpServerConfig } from "../../protocol/agentServer/mcp.ts";

const mostServers = 32;

/** The servers in an agent's `mcp_config`, by name; those that are switched off are none. They may stand below `mcpServers`, as in files of other programs. */
export function configuredServers(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { mcpServers: inner } = config;
  const isWrapped = typeof inner === "object" && inner !== null && !("command" in inner || "url" in inner);
  const all = Object.entries<unknown>(isWrapped ? { ...inner } : config).filter(([, server]) => !isOff(server));
  return Object.fromEntries(all.slice(0, mostServers));
}

/** Undefined where it is not described in a way that is understood here. */
export function configuredServer(server: unknown): McpServerConfig | undefined {
  return McpServerConfig.safeParse(server).data;
}

function isOff(server: unknown): boolean {
  return typeof server === "object" && server !== null && "enabled" in server && server.enabled === false;
}
