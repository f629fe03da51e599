import * as z from "zod";
import { ToolSpec } from "./agent.ts";
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
export interface LlmProfileInfo {
  readonly name: string;
  readonly model: string | null;
  readonly base_url: string | null;
  readonly provider_connection_id: string | null;
  readonly provider_connection_broken: boolean;
  readonly api_key_set: boolean;
}

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

/** What would become of an agent profile now, without its secrets. */
export interface AgentProfileDiagnostics {
  readonly agent_kind: "openhands" | "acp";
  readonly valid: boolean;
  readonly errors: readonly string[];
  readonly llm_profile_ref: string | null;
  readonly llm_profile_resolved: boolean;
  readonly llm_api_key_set: boolean;
  readonly mcp_server_refs: readonly string[] | null;
  readonly resolved_mcp_config_keys: readonly string[];
  /** The same by its older name. */
  readonly resolved_mcp_servers: readonly string[];
  readonly dangling_mcp_server_refs: readonly string[];
  readonly disabled_skills: readonly string[];
  readonly resolved_skills: readonly string[];
  readonly acp_api_key_secret_name: string | null;
  readonly acp_base_url_secret_name: string | null;
  readonly acp_file_secret_names: readonly string[];
  /** Null unless valid. */
  readonly resolved_settings: unknown;
}
