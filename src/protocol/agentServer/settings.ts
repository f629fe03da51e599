import * as z from "zod";
import { AgentContext, LlmConfig, SecretText, ToolSpec } from "./agent.ts";

/** What a server keeps for its clients (§2.7): the agent that conversations begin with, and how they run. Unknown fields are kept and given back. */

/** The model of a server that was told nothing. */
export const defaultModel = "gpt-5.5";

/** A program that is started, or an address. Its environment, headers and credentials are secrets. */
export const McpServer = z.looseObject({
  command: z.string().nullish(),
  args: z.array(z.string()).nullish(),
  env: z.record(z.string(), z.string()).nullish(),
  url: z.string().nullish(),
  transport: z.string().nullish(),
  headers: z.record(z.string(), z.string()).nullish(),
});

/** Part of one; a null takes out what is there. */
export const McpServerPatch = z.record(z.string(), z.unknown());

/** `no_op` and `enabled: false`: nothing is condensed. */
export const CondenserSettings = z.looseObject({
  enabled: z.boolean().default(true),
  condenser_kind: z.enum(["llm_summarizing", "no_op"]).default("llm_summarizing"),
  /** Events. */
  max_size: z.number().int().min(20).default(240),
  max_tokens: z.number().int().min(1).nullable().default(null),
  /** Events. */
  keep_first: z.number().int().min(0).default(2),
  minimum_progress: z.number().gt(0).lt(1).default(0.1),
  hard_context_reset_max_retries: z.number().int().min(1).default(5),
  hard_context_reset_context_scaling: z.number().gt(0).lt(1).default(0.8),
});
export type CondenserSettings = z.infer<typeof CondenserSettings>;

/** Of a critic; kept for clients, nothing here acts by it. */
export const VerificationSettings = z.looseObject({
  critic_enabled: z.boolean().default(false),
  critic_mode: z.enum(["finish_and_message", "all_actions"]).default("finish_and_message"),
  enable_iterative_refinement: z.boolean().default(false),
  critic_threshold: z.number().min(0).max(1).default(0.6),
  max_refinement_iterations: z.number().int().min(1).default(3),
  critic_server_url: z.string().nullable().default(null),
  critic_model_name: z.string().nullable().default(null),
  critic_api_key: SecretText.pipe(z.string().nullable()).default(null),
});

const schema_version = z.number().int().min(1).max(5).default(5);
const mcp_config = z.record(z.string(), McpServer).default({});

export const OpenHandsSettings = z.looseObject({
  schema_version,
  agent_kind: z.literal("openhands").default("openhands"),
  agent: z.string().default("CodeActAgent"),
  llm: LlmConfig.prefault({ model: defaultModel }),
  /** Null: the usual set; empty: none beside finish and think. */
  tools: z.array(ToolSpec).nullable().default(null),
  enable_sub_agents: z.boolean().default(false),
  enable_switch_llm_tool: z.boolean().default(true),
  tool_concurrency_limit: z.number().int().min(1).default(1),
  mcp_config,
  agent_context: AgentContext.prefault({}),
  condenser: CondenserSettings.prefault({}),
  verification: VerificationSettings.prefault({}),
});
export type OpenHandsSettings = z.infer<typeof OpenHandsSettings>;

/** An agent of another program (Agent Client Protocol): its settings are kept, and no conversation begins with them here. */
export const AcpSettings = z.looseObject({
  schema_version,
  agent_kind: z.literal("acp"),
  acp_server: z.string().default("claude-code"),
  acp_model: z.string().nullable().default(null),
  llm: LlmConfig.prefault({ model: defaultModel }),
  mcp_config,
  agent_context: AgentContext.nullable().default(null),
});

/** Without an `agent_kind` it is ours; `llm` is an old name for it. */
export const AgentSettings = z.preprocess(
  (value) => {
    if (typeof value !== "object" || value === null) return value;
    const kind = "agent_kind" in value ? value.agent_kind : undefined;
    return kind === undefined || kind === null || kind === "llm" ? { ...value, agent_kind: "openhands" } : value;
  },
  z.discriminatedUnion("agent_kind", [OpenHandsSettings, AcpSettings]),
);
export type AgentSettings = z.infer<typeof AgentSettings>;

export const ConversationSettings = z.looseObject({
  schema_version: z.number().int().min(1).max(1).default(1),
  max_iterations: z.number().int().min(1).default(500),
  confirmation_mode: z.boolean().default(false),
  security_analyzer: z.enum(["llm", "none"]).nullable().default("llm"),
});
export type ConversationSettings = z.infer<typeof ConversationSettings>;

export const ServerSettings = z.object({
  agent_settings: AgentSettings.prefault({}),
  conversation_settings: ConversationSettings.prefault({}),
  /** The LLM profile that was applied last, by name. */
  active_profile: z.string().nullable().default(null),
  active_agent_profile_id: z.string().nullable().default(null),
  /** The client's own; nobody here looks into it. */
  misc_settings: z.record(z.string(), z.unknown()).default({}),
});
export type ServerSettings = z.infer<typeof ServerSettings>;

const Diff = z.record(z.string(), z.unknown());

/** Each part is merged into what is kept; a pointer that is null is cleared. */
export const SettingsPatch = z.object({
  agent_settings_diff: Diff.nullish(),
  conversation_settings_diff: Diff.nullish(),
  misc_settings_diff: Diff.nullish(),
  active_profile: z.string().min(1).max(64).nullish(),
  active_agent_profile_id: z.guid().nullish(),
});
export type SettingsPatch = z.infer<typeof SettingsPatch>;

/** What settings answer. Secrets in it are hidden as the request asks. */
export const SettingsAnswer = z.object({ ...ServerSettings.shape, llm_api_key_is_set: z.boolean() });

/** The name of a secret that the server keeps. */
export const SecretName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/, "A secret's name begins with a letter, and has up to 64 letters, digits and underscores.");

export const SecretPut = z.object({ name: SecretName, value: z.string(), description: z.string().max(1_000).nullish() });
export const SecretListed = z.object({ name: SecretName, description: z.string().nullable() });
