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

/** As clients send one; `id` and `revision` are the server's. */
export const AgentProfile = z.looseObject({
  schema_version: z.number().int().min(1).max(2).default(2),
  id: z.guid(),
  name: ProfileName,
  /** How often it was saved over. */
  revision: z.number().int().min(0).default(0),
  agent_kind: z.enum(["openhands", "acp"]).default("openhands"),
  /** Null: all of the settings' servers. */
  mcp_server_refs: z.array(z.string()).nullable().default(null),
  llm_profile_ref: z.string().nullish(),
  agent: z.string().default("CodeActAgent"),
  tools: z.array(ToolSpec).nullable().default(null),
  system_message_suffix: z.string().nullable().default(null),
  disabled_skills: z.array(z.string()).default([]),
  condenser: CondenserSettings.prefault({}),
  verification: VerificationSettings.prefault({}),
  enable_sub_agents: z.boolean().default(false),
  enable_switch_llm_tool: z.boolean().default(true),
  tool_concurrency_limit: z.number().int().min(1).default(1),
});
export type AgentProfile = z.infer<typeof AgentProfile>;
