import { Refusal } from "../answers.ts";
import type { ListedRoute, Routes } from "../routes.ts";

const plugins = "This server has no plugins.";
const skills = "This server installs no skills. Put the skill's folder into ~/.agents/skills, or into .agents/skills of the workspace.";
const init = "This server is ready when it starts: there is nothing to begin later.";
const oauth = "This server does not log in at MCP servers by OAuth. Give a token in the server's headers.";
const connections = "This server has no shared connections to providers. Keep the key in a profile.";
const subscriptions = "This server does not use subscriptions. Use a key of the provider's API.";

/** What the official server has and this one leaves out, with the sentence that is answered. The table in sandbox-server's README is the same. */
export const leftOut: readonly (readonly [ListedRoute["method"], string, string])[] = [
  ["get", "/api/init", init],
  ["post", "/api/init", init],
  ["get", "/api/file/archive", "This server makes no archives of folders. Download files one by one, or run tar or git by a command."],
  ["post", "/api/conversations/:conversation_id/load_plugin", plugins],
  ["post", "/api/plugins/install", plugins],
  ["get", "/api/plugins/installed/:plugin_name", plugins],
  ["patch", "/api/plugins/installed/:plugin_name", plugins],
  ["delete", "/api/plugins/installed/:plugin_name", plugins],
  ["post", "/api/plugins/installed/:plugin_name/refresh", plugins],
  ["post", "/api/skills/install", skills],
  ["post", "/api/skills/sync", skills],
  ["post", "/api/mcp/oauth/start", oauth],
  ["get", "/api/mcp/oauth/status/:job_id", oauth],
  ["post", "/api/mcp/oauth/callback/:job_id", oauth],
  ["get", "/api/llm/provider-connections", connections],
  ["post", "/api/llm/provider-connections", connections],
  ["patch", "/api/llm/provider-connections/:connection_id", connections],
  ["delete", "/api/llm/provider-connections/:connection_id", connections],
  ["get", "/api/llm/subscription/openai/models", subscriptions],
  ["post", "/api/llm/subscription/openai/device/start", subscriptions],
  ["post", "/api/llm/subscription/openai/device/poll", subscriptions],
  ["post", "/api/llm/subscription/openai/logout", subscriptions],
];

/** Answers each of them with 501 and its sentence. */
export function addLeftOut(routes: Routes): void {
  for (const [method, path, sentence] of leftOut) {
    routes.add([method, path], { summary: "Left out", tag: "Left out", refuses: [501] }, () => {
      throw new Refusal(501, sentence);
    });
  }
}
