import * as z from "zod";
import { McpServer, McpServerPatch, type ServerSettings, SettingsAnswer, SettingsPatch } from "../../protocol/agentServer/settings.ts";
import { SettingsSchema } from "../../protocol/agentServer/settingsSchema.ts";
import type { Log } from "../../protocol/log.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { type Exposure, exposed, exposureOf, withSecretsDecrypted } from "../secrets/exposure.ts";
import { isMap } from "./mergePatch.ts";
import { shownLlm } from "./schema/llmFields.ts";
import { agentSchema, conversationSchema } from "./schema/settingsSchema.ts";
import type { Stores } from "./stores.ts";

const tag = "Settings";
const McpKey = z.object({ key: z.string().min(1).max(256) });

/** `/api/settings` and `/api/settings/mcp/{key}` (§2.7). */
export function addSettings(routes: Routes, { settings, cipher }: Stores, log: Log): void {
  const patch = async (wanted: SettingsPatch, check?: (before: ServerSettings) => void): Promise<object> => {
    const diff = withSecretsDecrypted(wanted.agent_settings_diff, cipher);
    const kept = await settings.patch({ ...wanted, agent_settings_diff: isMap(diff) ? diff : undefined }, check);
    return answerOf(kept, "redacted", cipher);
  };
  routes.add(
    ["get", "/api/settings"],
    { summary: "What the server keeps for its clients", tag, answer: SettingsAnswer, refuses: [400, 503] },
    async ({ c }) => {
      const exposure = exposureOf(c, cipher);
      if (exposure === "plaintext") log.warn("The settings were read with their secrets in plain text.");
      return answerOf(await settings.read(), exposure, cipher);
    },
  );
  routes.add(
    ["patch", "/api/settings"],
    { summary: "Merge into it", tag, body: SettingsPatch, answer: SettingsAnswer, refuses: [400, 404, 409] },
    async ({ body }) => {
      if (isEmpty(body)) throw new Refusal(400, nothingAsked);
      return patch(body);
    },
  );
  addMcpServers(routes, patch);
  const ofSchema = { tag, answer: SettingsSchema };
  routes.add(["get", "/api/settings/agent-schema"], { ...ofSchema, summary: "The fields of agent settings" }, () => agentSchema);
  routes.add(
    ["get", "/api/settings/conversation-schema"],
    { ...ofSchema, summary: "The fields of conversations" },
    () => conversationSchema,
  );
}

type Patch = (wanted: SettingsPatch, check: (before: ServerSettings) => void) => Promise<object>;

/** One server at a time, so that two clients do not write over each other's. */
function addMcpServers(routes: Routes, patch: Patch): void {
  const shape = { tag, params: McpKey, answer: SettingsAnswer };
  const refuseMissing = (key: string) => (before: ServerSettings) => {
    if (!hasServer(before, key)) throw new Refusal(404, `MCP server '${key}' was not found`);
  };
  routes.add(
    ["post", "/api/settings/mcp/:key"],
    { ...shape, summary: "Add an MCP server", body: McpServer, status: 201, refuses: [409] },
    async ({ params: { key }, body }) =>
      patch(ofMcp(key, body), (before) => {
        if (hasServer(before, key)) throw new Refusal(409, `MCP server '${key}' already exists`);
      }),
  );
  routes.add(
    ["patch", "/api/settings/mcp/:key"],
    { ...shape, summary: "Change an MCP server", body: McpServerPatch, refuses: [404] },
    async ({ params: { key }, body }) => patch(ofMcp(key, body), refuseMissing(key)),
  );
  routes.add(
    ["delete", "/api/settings/mcp/:key"],
    { ...shape, summary: "Take an MCP server away", refuses: [404] },
    async ({ params: { key } }) => patch(ofMcp(key, null), refuseMissing(key)),
  );
}

const nothingAsked =
  "Nothing is asked for. Give at least one of agent_settings_diff, conversation_settings_diff, misc_settings_diff, active_profile and active_agent_profile_id.";

/** A pointer may be null, and is cleared then. */
function isEmpty(patch: SettingsPatch): boolean {
  return Object.entries(patch).every(([name, value]) => value === undefined || (value === null && name.endsWith("_diff")));
}

function answerOf(kept: ServerSettings, exposure: Exposure, cipher: Cipher | undefined): object {
  const { agent_settings: agent } = kept;
  return {
    agent_settings: exposed({ ...agent, llm: shownLlm(agent.llm) }, exposure, cipher),
    conversation_settings: kept.conversation_settings,
    llm_api_key_is_set: agent.llm.api_key !== null,
    active_profile: kept.active_profile,
    active_agent_profile_id: kept.active_agent_profile_id,
    misc_settings: kept.misc_settings,
  };
}

function hasServer({ agent_settings: { mcp_config: servers } }: ServerSettings, key: string): boolean {
  return Object.hasOwn(servers, key);
}

function ofMcp(key: string, server: object | null): SettingsPatch {
  return { agent_settings_diff: { mcp_config: Object.fromEntries([[key, server]]) } };
}
