import { isOpenRouter } from "./prices.ts";

/** A model as an endpoint that speaks Chat Completions knows it, and where that is; without a base URL it is OpenAI's own. */
export interface Named {
  readonly model: string;
  readonly baseUrl?: string;
}

/** Where the providers are whose names clients write before a model's; null: the base URL says it. */
const addresses: Readonly<Record<string, string | null | undefined>> = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
  gemini: "https://generativelanguage.googleapis.com/v1beta/openai",
  deepseek: "https://api.deepseek.com/v1",
  mistral: "https://api.mistral.ai/v1",
  xai: "https://api.x.ai/v1",
  groq: "https://api.groq.com/openai/v1",
  openrouter: "https://openrouter.ai/api/v1",
  openhands: "https://llm-proxy.app.all-hands.dev/v1",
  ollama: "http://127.0.0.1:11434/v1",
  ollama_chat: "http://127.0.0.1:11434/v1",
  azure: null,
  hosted_vllm: null,
  litellm_proxy: null,
  lm_studio: null,
};

/** Whose models are called by their makers' names everywhere, so that a name without a provider is enough. */
const makers: readonly (readonly [beginning: RegExp, provider: string])[] = [
  [/^claude-/, "anthropic"],
  [/^gemini-/, "gemini"],
  [/^deepseek-/, "deepseek"],
  [/^(mistral|devstral|codestral)-/, "mistral"],
  [/^grok-/, "xai"],
];

/** Makers that stand in a name for others, too: a proxy that is asked for `anthropic/x` knows it by this name. */
const anybodys: ReadonlySet<string> = new Set(["anthropic", "gemini", "deepseek", "mistral", "xai", "groq"]);

/**
 * What stands behind the name of a model as clients write it, `provider/model`. A provider that the endpoint does not know is taken away.
 * Undefined where only a base URL could say where the model is.
 */
export function namedModel(name: string, baseUrl: string | undefined): Named | undefined {
  const slash = name.indexOf("/");
  const provider = name.slice(0, Math.max(0, slash));
  const isKnown = Object.hasOwn(addresses, provider);
  if (baseUrl !== undefined) return { model: isKnown && !knows(baseUrl, provider) ? name.slice(slash + 1) : name, baseUrl };
  if (slash === -1) return madeBy(name);
  const address = isKnown ? addresses[provider] : null;
  return address == null ? undefined : { model: name.slice(slash + 1), baseUrl: address };
}

function madeBy(model: string): Named {
  const provider = makers.find(([beginning]) => beginning.test(model))?.[1] ?? "openai";
  return { model, ...(provider === "openai" ? {} : { baseUrl: addresses[provider] ?? "" }) };
}

/** Whether the endpoint has models whose own names begin so. */
function knows(baseUrl: string, provider: string): boolean {
  const host = URL.parse(baseUrl)?.host ?? "";
  if (isOpenRouter(host)) return provider !== "openrouter";
  if (host === "api.groq.com") return provider !== "groq";
  return anybodys.has(provider) && host !== URL.parse(addresses[provider] ?? "")?.host;
}
