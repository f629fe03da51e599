import * as z from "zod";
import { ConfirmationPolicy } from "../state.ts";
import { SkillConfig } from "./skills.ts";

export { SecurityAnalyzer } from "../state.ts";

/**
 * An agent as clients of the agent-server protocol send and read it (§2.2). What this version does not know is kept and given back, never refused.
 */

/** Text that hides a secret in an answer; sent back, it means that nothing was said. */
export const redacted = "**********";

/** A secret as it comes in: nothing, blanks and the text that hides one are all no secret (§1.2). */
export const SecretText = z
  .string()
  .nullish()
  .transform((value) => (value == null || value.trim() === "" || value === redacted ? null : value));

/** A model and how it is asked. Seconds for `timeout` and waits; dollars for one token. */
export const LlmConfig = z.looseObject({
  model: z.string().min(1),
  api_key: SecretText,
  base_url: z.string().nullish(),
  api_version: z.string().nullish(),
  /** Under this name its tokens are counted. */
  usage_id: z.string().default("default"),
  num_retries: z.number().int().min(0).default(5),
  retry_min_wait: z.number().min(0).default(8),
  retry_max_wait: z.number().min(0).default(64),
  timeout: z.number().min(0).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
  max_input_tokens: z.number().int().min(1).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  stream: z.boolean().default(false),
  reasoning_effort: z.string().nullish(),
  seed: z.number().int().nullish(),
  extra_headers: z.record(z.string(), z.string()).nullish(),
  litellm_extra_body: z.record(z.string(), z.unknown()).nullish(),
  input_cost_per_token: z.number().min(0).nullish(),
  output_cost_per_token: z.number().min(0).nullish(),
  disable_vision: z.boolean().nullish(),
});
export type LlmConfig = z.infer<typeof LlmConfig>;

/** A tool by its registered name, with what it is made with. */
export const ToolSpec = z.looseObject({ name: z.string().min(1), params: z.record(z.string(), z.unknown()).default({}) });
export type ToolSpec = z.infer<typeof ToolSpec>;

/** When and how a conversation is made shorter (§6.9). `max_size` counts events, `max_tokens` those of the prompt. */
export const CondenserConfig = z.looseObject({
  kind: z.string().default("LLMSummarizingCondenser"),
  llm: LlmConfig.nullish(),
  max_size: z.number().int().min(1).default(240),
  max_tokens: z.number().int().min(1).nullish(),
  keep_first: z.number().int().min(0).default(2),
});
export type CondenserConfig = z.infer<typeof CondenserConfig>;

/** What the agent knows besides its prompt (§6.12). */
export const AgentContext = z.looseObject({
  skills: z.array(SkillConfig).default([]),
  system_message_suffix: z.string().nullish(),
  /** Behind each message of the person, for the model only. */
  user_message_suffix: z.string().nullish(),
  load_user_skills: z.boolean().default(false),
  load_project_skills: z.boolean().default(false),
  load_public_skills: z.boolean().default(false),
  disabled_skills: z.array(z.string()).default([]),
});
export type AgentContext = z.infer<typeof AgentContext>;

export const AgentConfig = z.looseObject({
  kind: z.literal("Agent").default("Agent"),
  llm: LlmConfig,
  /** Those beside finish and think; absent or empty: only these two. */
  tools: z.array(ToolSpec).default([]),
  mcp_config: z.record(z.string(), z.unknown()).default({}),
  filter_tools_regex: z.string().nullish(),
  include_default_tools: z.array(z.string()).default(["FinishTool", "ThinkTool"]),
  agent_context: AgentContext.nullish(),
  system_prompt: z.string().nullish(),
  condenser: CondenserConfig.nullish(),
  tool_concurrency_limit: z.number().int().min(1).default(1),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

/** As clients send it; only a known threshold can be reached. */
export const PolicyConfig = z.preprocess((value) => {
  const isRisky = typeof value === "object" && value !== null && "kind" in value && value.kind === "ConfirmRisky";
  return isRisky ? { threshold: "HIGH", confirm_unknown: true, ...value } : value;
}, ConfirmationPolicy);

/** Where the value of a secret comes from (§4.8): from the request, or by a GET when it is needed; a relative address is the server's own. */
export const SecretSource = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("StaticSecret"), value: SecretText, description: z.string().nullish() }),
  z.looseObject({
    kind: z.literal("LookupSecret"),
    url: z.string().min(1),
    headers: z.record(z.string(), z.string()).default({}),
    description: z.string().nullish(),
  }),
]);
export type SecretSource = z.infer<typeof SecretSource>;

/** A plain text and `{value}` are the usual source, too. */
export const SecretInput = z.preprocess((value) => {
  if (typeof value === "string") return { kind: "StaticSecret", value };
  return typeof value === "object" && value !== null && !("kind" in value) ? { kind: "StaticSecret", ...value } : value;
}, SecretSource);

/** A tool that the client carries out: the agent calls it, and is told at once that it was passed on (§5.11). */
export const ClientTool = z.looseObject({
  name: z.string().regex(/^[A-Za-z][\w-]{0,63}$/),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type ClientTool = z.infer<typeof ClientTool>;

/** Lower-case letters and digits; at most 256 characters each. */
export const Tags = z.record(z.string().regex(/^[a-z0-9]+$/), z.string().max(256));
export type Tags = z.infer<typeof Tags>;
