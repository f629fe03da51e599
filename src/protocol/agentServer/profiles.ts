import * as z from "zod";
import { LlmConfig, ToolSpec } from "./agent.ts";
import { CondenserSettings, VerificationSettings } from "./settings.ts";

/** Models and whole agents that are kept by name (§2.8). */

export const ProfileName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "A name begins with a letter or digit, and has up to 64 letters, digits, dots, dashes and underscores.",
  );

/** At most this many of each kind are kept. */
export const mostProfiles = 50;

/** A model by name, without what is secret of it. */
const LlmProfileInfo = z.object({
  name: z.string(),
  model: z.string().nullable(),
  base_url: z.string().nullable(),
  provider_connection_id: z.string().nullable(),
  provider_connection_broken: z.boolean(),
  api_key_set: z.boolean(),
});
export type LlmProfileInfo = z.infer<typeof LlmProfileInfo>;

/** Sorted by name. */
export const LlmProfileList = z.object({ profiles: z.array(LlmProfileInfo), active_profile: z.string().nullable() });

/** With the key as the request asks; null unless it does. */
export const LlmProfileDetail = z.object({ name: z.string(), config: LlmConfig, api_key_set: z.boolean() });

/** Of what changes a profile: its name from now on, and what was done. */
export const ProfileDone = z.object({ name: z.string(), message: z.string() });

export const LlmProfileActivated = ProfileDone.extend({ llm_applied: z.literal(true) });

/** Whether a model answers. What would pass by counts as an answer. */
export const LlmVerdict = z.object({ valid: z.boolean(), error: z.object({ type: z.string(), message: z.string() }).nullable() });
export type LlmVerdict = z.infer<typeof LlmVerdict>;

const ofAll = {
  schema_version: z.number().int().min(1).max(2).default(2),
  /** The server's own: it stays when the profile is renamed or saved over. */
  id: z.guid(),
  name: ProfileName,
  /** How often it was saved over. */
  revision: z.number().int().min(0).default(0),
  /** Null: all servers of the settings. */
  mcp_server_refs: z.array(z.string()).nullable().default(null),
};

const OpenHandsProfile = z.looseObject({
  ...ofAll,
  agent_kind: z.literal("openhands").default("openhands"),
  /** The name of an LLM profile; it has the key. */
  llm_profile_ref: z.string().min(1),
  agent: z.string().default("CodeActAgent"),
  tools: z.array(ToolSpec).nullable().default(null),
  system_message_suffix: z.string().nullable().default(null),
  /** Of those that are found when a conversation begins. */
  disabled_skills: z.array(z.string()).default([]),
  condenser: CondenserSettings.prefault({}),
  verification: z.object(VerificationSettings.omit({ critic_api_key: true }).shape).prefault({}),
  enable_sub_agents: z.boolean().default(false),
  enable_switch_llm_tool: z.boolean().default(true),
  tool_concurrency_limit: z.number().int().min(1).default(1),
});
export type OpenHandsProfile = z.infer<typeof OpenHandsProfile>;

/** Kept for clients; no conversation begins with it here. */
const AcpProfile = z.looseObject({
  ...ofAll,
  agent_kind: z.literal("acp"),
  acp_server: z.string().default("claude-code"),
  acp_model: z.string().nullable().default(null),
  acp_session_mode: z.string().nullable().default(null),
  acp_prompt_timeout: z.number().gt(0).default(1800),
  acp_startup_timeout: z.number().gt(0).default(90),
  acp_command: z.string().nullable().default(null),
  acp_args: z.array(z.string()).nullable().default(null),
});

/** Without an `agent_kind` it is ours. */
export const AgentProfile = z.preprocess(
  (value) => (typeof value === "object" && value !== null && !("agent_kind" in value) ? { ...value, agent_kind: "openhands" } : value),
  z.discriminatedUnion("agent_kind", [OpenHandsProfile, AcpProfile]),
);
export type AgentProfile = z.infer<typeof AgentProfile>;

const AgentProfileInfo = z.object({
  id: z.string(),
  name: z.string(),
  agent_kind: z.enum(["openhands", "acp"]),
  revision: z.number().int(),
  llm_profile_ref: z.string().nullable(),
  mcp_server_refs: z.array(z.string()).nullable(),
});
export type AgentProfileInfo = z.infer<typeof AgentProfileInfo>;

/** Sorted by name. */
export const AgentProfileList = z.object({ profiles: z.array(AgentProfileInfo), active_agent_profile_id: z.string().nullable() });

export const AgentProfileDetail = z.object({ name: z.string(), profile: AgentProfile });

export const AgentProfileActivated = z.object({ id: z.string(), message: z.string(), agent_settings_applied: z.literal(false) });

/** What would become of an agent profile now, without its secrets. */
export const AgentProfileDiagnostics = z.object({
  agent_kind: z.enum(["openhands", "acp"]),
  valid: z.boolean(),
  errors: z.array(z.string()),
  llm_profile_ref: z.string().nullable(),
  llm_profile_resolved: z.boolean(),
  llm_api_key_set: z.boolean(),
  mcp_server_refs: z.array(z.string()).nullable(),
  resolved_mcp_config_keys: z.array(z.string()),
  /** The same by its older name. */
  resolved_mcp_servers: z.array(z.string()),
  dangling_mcp_server_refs: z.array(z.string()),
  disabled_skills: z.array(z.string()),
  resolved_skills: z.array(z.string()),
  acp_api_key_secret_name: z.string().nullable(),
  acp_base_url_secret_name: z.string().nullable(),
  acp_file_secret_names: z.array(z.string()),
  /** Null unless valid. */
  resolved_settings: z.unknown(),
});
export type AgentProfileDiagnostics = z.infer<typeof AgentProfileDiagnostics>;
