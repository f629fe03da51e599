import type { LlmConfig } from "../../../protocol/agentServer/agent.ts";
import { defaultModel } from "../../../protocol/agentServer/settings.ts";
import type { Field } from "./field.ts";

/**
 * What clients may say of a model. Where the usual is null, nothing is said and the model's own habit holds: a value that a form sends back would be
 * sent to models that do not know it.
 */
export const llmFields: readonly Field[] = [
  { name: "model", type: "string", usual: defaultModel, description: "Model name.", prominence: "critical" },
  { name: "api_key", type: "string", label: "API Key", description: "API key.", prominence: "critical", isSecret: true },
  { name: "provider_connection_id", type: "string", description: "Not used by this server.", prominence: "major" },
  {
    name: "auth_type",
    type: "string",
    usual: "api_key",
    label: "Authentication",
    description: "How the model's provider knows the caller. This server knows API keys only.",
    prominence: "critical",
    choices: ["api_key", "subscription"],
  },
  {
    name: "subscription_vendor",
    type: "string",
    label: "Subscription provider",
    prominence: "critical",
    dependsOn: ["auth_type"],
    choices: ["openai"],
  },
  { name: "base_url", type: "string", description: "Address of an OpenAI-compatible endpoint.", prominence: "major" },
  { name: "api_version", type: "string", description: "API version (Azure)." },
  { name: "aws_access_key_id", type: "string", isSecret: true },
  { name: "aws_secret_access_key", type: "string", isSecret: true },
  { name: "aws_session_token", type: "string", isSecret: true },
  { name: "aws_region_name", type: "string" },
  { name: "aws_profile_name", type: "string" },
  { name: "aws_role_name", type: "string" },
  { name: "aws_session_name", type: "string" },
  { name: "aws_bedrock_runtime_endpoint", type: "string" },
  { name: "openrouter_site_url", type: "string", usual: "" },
  { name: "openrouter_app_name", type: "string", usual: "OpenHands" },
  { name: "num_retries", type: "integer", usual: 5, description: "How often a failed call is made in all." },
  { name: "retry_multiplier", type: "number", usual: 8 },
  { name: "retry_min_wait", type: "integer", usual: 8, description: "Seconds." },
  { name: "retry_max_wait", type: "integer", usual: 64, description: "Seconds." },
  { name: "timeout", type: "integer", description: "Seconds that one answer may take." },
  { name: "max_message_chars", type: "integer", usual: 30_000 },
  { name: "temperature", type: "number", description: "Empty: the model's own." },
  { name: "top_p", type: "number", description: "Empty: the model's own." },
  { name: "top_k", type: "number", description: "Empty: the model's own." },
  { name: "max_input_tokens", type: "integer", description: "The longest prompt. Empty: what is known of the model." },
  { name: "max_output_tokens", type: "integer", description: "The longest answer." },
  { name: "model_canonical_name", type: "string", description: "What the model is, where its name does not tell." },
  { name: "api_mode", type: "string", usual: "auto", choices: ["auto", "chat", "responses"] },
  { name: "capability_overrides", type: "object", usual: {} },
  { name: "extra_headers", type: "object", description: "Headers that each call has besides." },
  { name: "input_cost_per_token", type: "number", description: "Dollars." },
  { name: "output_cost_per_token", type: "number", description: "Dollars." },
  { name: "ollama_base_url", type: "string" },
  { name: "stream", type: "boolean", usual: false, description: "Tell the answer while it is written." },
  { name: "drop_params", type: "boolean", usual: true },
  { name: "modify_params", type: "boolean", usual: true },
  { name: "disable_vision", type: "boolean", description: "Send no pictures." },
  { name: "disable_stop_word", type: "boolean", usual: false },
  { name: "caching_prompt", type: "boolean", usual: true, description: "Let the provider keep prompts." },
  { name: "log_completions", type: "boolean", usual: false },
  { name: "log_completions_folder", type: "string", usual: "logs/completions" },
  { name: "custom_tokenizer", type: "string" },
  { name: "native_tool_calling", type: "boolean", usual: true },
  { name: "force_string_serializer", type: "boolean" },
  { name: "inline_image_urls", type: "boolean" },
  { name: "reasoning_effort", type: "string", description: "Such as none, low, medium or high. Empty: the model's own." },
  { name: "reasoning_summary", type: "string", choices: ["auto", "concise", "detailed"] },
  { name: "enable_encrypted_reasoning", type: "boolean", usual: true },
  { name: "prompt_cache_retention", type: "string", usual: "24h" },
  { name: "extended_thinking_budget", type: "integer", description: "Tokens." },
  { name: "seed", type: "integer" },
  { name: "usage_id", type: "string", usual: "default", description: "Under this name its tokens are counted." },
  { name: "litellm_extra_body", type: "object", usual: {}, description: "What each request has besides." },
];

/** With all fields that clients look for. */
export function shownLlm(llm: LlmConfig): LlmConfig {
  return { ...Object.fromEntries(llmFields.map(({ name, usual }) => [name, usual ?? null])), is_subscription: false, ...llm };
}
