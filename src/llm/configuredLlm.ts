import type { LlmConfig } from "../protocol/agentServer/agent.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Llm } from "./llm.ts";
import { LlmError } from "./llmError.ts";
import { openedLlm } from "./openLlm.ts";
import { namedModel } from "./providers.ts";
import type { RetryOptions } from "./retry.ts";

/**
 * The model that a client of the agent-server protocol describes (§2.2), ready to be asked; its key is in it. What the endpoint does not take of
 * how it is to be asked is left out from then on. Rejects with an LlmError when nobody could be asked.
 */
export async function openConfiguredLlm(config: LlmConfig): Promise<Llm> {
  const named = namedModel(config.model, config.base_url ?? undefined);
  if (named === undefined) {
    const sentence = `Where "${config.model}" is to be found is not known here. Give its base_url, of an endpoint that speaks Chat Completions.`;
    throw new LlmError("LLMBadRequestError", sentence);
  }
  const baseUrl = withVersion(named.baseUrl, named.model, config.api_version ?? undefined);
  const ref = { model: named.model, ...pricesOf(config), ...(baseUrl === undefined ? {} : { base_url: baseUrl }) };
  const llm = await openedLlm(ref, {
    apiKey: config.api_key ?? undefined,
    options: { ...optionsOf(config), ...lengthOf(config, baseUrl) },
    extraBody: extraBodyOf(config),
    headers: headersOf(config),
    isBlind: config.disable_vision === true,
    ...deadlinesOf(config),
    retry: retryOf(config),
  });
  return { ...llm, model: config.model };
}

/** Those of an endpoint that counts its versions in the address, as Azure does. */
function withVersion(baseUrl: string | undefined, model: string, version: string | undefined): string | undefined {
  const url = baseUrl === undefined ? null : URL.parse(baseUrl);
  if (url === null || version === undefined || !url.hostname.endsWith(".azure.com")) return baseUrl;
  if (/^\/(openai\/?)?$/.test(url.pathname)) url.pathname = `/openai/deployments/${encodeURIComponent(model)}`;
  if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", version);
  return url.href;
}

function pricesOf({ input_cost_per_token, output_cost_per_token, max_input_tokens }: LlmConfig) {
  return {
    ...(input_cost_per_token == null ? {} : { input_cost_per_token }),
    ...(output_cost_per_token == null ? {} : { output_cost_per_token }),
    ...(max_input_tokens == null ? {} : { max_input_tokens }),
  };
}

function optionsOf({ temperature, top_p, top_k, reasoning_effort, seed }: LlmConfig): Record<string, unknown> {
  const options = { temperature, top_p, top_k, seed, reasoning_effort };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value != null));
}

/** OpenAI's models that think take only the new name, and servers of others know only the old one. */
function lengthOf({ max_output_tokens }: LlmConfig, baseUrl: string | undefined): Record<string, unknown> {
  if (max_output_tokens == null) return {};
  const host = URL.parse(baseUrl ?? "")?.hostname ?? "api.openai.com";
  const name = host === "api.openai.com" || host.endsWith(".azure.com") ? "max_completion_tokens" : "max_tokens";
  return { [name]: max_output_tokens };
}

const ours: ReadonlySet<string> = new Set(["model", "messages", "tools", "stream", "stream_options"]);

function extraBodyOf({ litellm_extra_body }: LlmConfig): Record<string, unknown> {
  return Object.fromEntries(Object.entries(litellm_extra_body ?? {}).filter(([name]) => !ours.has(name)));
}

function headersOf({ extra_headers }: LlmConfig): Record<string, string> {
  for (const [name, value] of Object.entries(extra_headers ?? {}))
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new LlmError(
        "LLMBadRequestError",
        `"${name.slice(0, 100)}" among the extra_headers cannot be sent as a header. Correct it, or take it out.`,
      );
  return extra_headers ?? {};
}

/** Longer than a timer can be. */
const longest = 2_000_000;

function deadlinesOf({ timeout }: LlmConfig): { readonly deadlines?: Deadlines } {
  if (timeout == null || timeout <= 0) return {};
  const ms = Math.min(timeout, longest) * 1000;
  return { deadlines: { firstByteMs: ms, idleMs: ms } };
}

function retryOf({ num_retries, retry_min_wait, retry_max_wait }: LlmConfig): RetryOptions {
  return { maxAttempts: Math.max(1, num_retries), firstWaitMs: retry_min_wait * 1000, maxWaitMs: Math.min(retry_max_wait, longest) * 1000 };
}
