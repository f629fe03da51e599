import type { LlmRef } from "../protocol/state.ts";
import { isOpenRouter, type Price, tellsCost } from "./prices.ts";

/** What is known of a model without asking it. */
export interface ModelFacts {
  readonly price?: Price;
  /** Whether the price is the one that the person has set, rather than the provider's list price. */
  readonly hasOwnPrice: boolean;
  /** Whether it can be told beforehand that replies say their cost, or that it can be worked out. */
  readonly hasPrice: boolean;
  readonly maxInputTokens?: number;
  readonly hasVision?: boolean;
}

interface Known {
  /** Dollars for a million tokens: of the prompt, of the prompt from the cache, of the reply. */
  readonly price: readonly [input: number, cached: number, output: number];
  /** Tokens of the longest prompt. */
  readonly window: number;
  /** From how many tokens of the prompt on all tokens cost more, and how many times as much: the prompt's and the reply's. */
  readonly long?: readonly [tokens: number, inputTimes: number, outputTimes: number];
  /** What the prompt's tokens cost when they are put into the cache, as a multiple of their price. */
  readonly writeTimes?: number;
  readonly isBlind?: true;
}

const k272 = [272_000, 2, 1.5] as const;
const k200 = [200_000, 2, 1.5] as const;

/**
 * The list prices of July to November 2026, as models.dev and the providers' pages had them; prices that only hold for a time, and
 * those that two sources tell differently, are left out.
 */
const providers: Readonly<Record<string, Readonly<Record<string, Known>>>> = {
  "api.openai.com": {
    "gpt-6.2-sol": { price: [2, 0.1, 10], window: 922_000, long: k272, writeTimes: 1.25 },
    "gpt-6.1-sol": { price: [2, 0.1, 10], window: 922_000, long: k272, writeTimes: 1.25 },
    "gpt-6-sol": { price: [2, 0.2, 10], window: 922_000, long: k272, writeTimes: 1.25 },
    "gpt-6-astra": { price: [10, 1, 50], window: 922_000, long: k272, writeTimes: 1.25 },
    "gpt-5.5": { price: [5, 0.5, 30], window: 922_000, long: k272 },
    "gpt-5.4": { price: [2.5, 0.25, 15], window: 922_000, long: k272 },
    "gpt-5.4-mini": { price: [0.75, 0.075, 4.5], window: 272_000 },
    "gpt-5.4-nano": { price: [0.2, 0.02, 1.25], window: 272_000 },
    "gpt-5.3-codex": { price: [1.75, 0.175, 14], window: 272_000 },
    "gpt-5.2": { price: [1.75, 0.175, 14], window: 272_000 },
    "gpt-5.2-codex": { price: [1.75, 0.175, 14], window: 272_000 },
    "gpt-5.1": { price: [1.25, 0.125, 10], window: 272_000 },
    "gpt-5.1-codex": { price: [1.25, 0.125, 10], window: 272_000 },
    "gpt-5": { price: [1.25, 0.125, 10], window: 272_000 },
    "gpt-5-codex": { price: [1.25, 0.125, 10], window: 272_000 },
    "gpt-5-mini": { price: [0.25, 0.025, 2], window: 272_000 },
    "gpt-5-nano": { price: [0.05, 0.005, 0.4], window: 272_000 },
    "gpt-4.1": { price: [2, 0.5, 8], window: 1_047_576 },
    "gpt-4.1-mini": { price: [0.4, 0.1, 1.6], window: 1_047_576 },
    "gpt-4.1-nano": { price: [0.1, 0.025, 0.4], window: 1_047_576 },
    "gpt-4o": { price: [2.5, 1.25, 10], window: 128_000 },
    // This one alone of its family has another price.
    "gpt-4o-2024-05-13": { price: [5, 5, 15], window: 128_000 },
    "gpt-4o-mini": { price: [0.15, 0.075, 0.6], window: 128_000 },
    o3: { price: [2, 0.5, 8], window: 200_000 },
    "o4-mini": { price: [1.1, 0.275, 4.4], window: 200_000 },
  },
  "api.anthropic.com": {
    "claude-opus-5-5": { price: [4, 0.2, 20], window: 1_000_000 },
    "claude-opus-5": { price: [5, 0.5, 25], window: 1_000_000 },
    "claude-opus-4-8": { price: [5, 0.5, 25], window: 1_000_000 },
    "claude-opus-4-7": { price: [5, 0.5, 25], window: 1_000_000 },
    "claude-opus-4-6": { price: [5, 0.5, 25], window: 1_000_000 },
    "claude-opus-4-5": { price: [5, 0.5, 25], window: 200_000 },
    "claude-opus-4-1": { price: [15, 1.5, 75], window: 200_000 },
    "claude-sonnet-5-5": { price: [2, 0.1, 10], window: 1_000_000 },
    "claude-sonnet-5": { price: [2, 0.2, 10], window: 1_000_000 },
    "claude-sonnet-4-6": { price: [3, 0.3, 15], window: 1_000_000 },
    "claude-sonnet-4-5": { price: [3, 0.3, 15], window: 200_000 },
    "claude-haiku-5-5": { price: [0.1, 0.01, 0.5], window: 200_000, long: [100_000, 5, 5] },
    "claude-haiku-4-5": { price: [1, 0.1, 5], window: 200_000 },
    "claude-fable-5": { price: [10, 1, 50], window: 1_000_000 },
  },
  "generativelanguage.googleapis.com": {
    "gemini-3.5-flash": { price: [1.5, 0.15, 9], window: 1_048_576 },
    "gemini-3.1-pro-preview": { price: [2, 0.2, 12], window: 1_048_576, long: k200 },
    "gemini-3.1-flash-lite": { price: [0.25, 0.025, 1.5], window: 1_048_576 },
    "gemini-3-flash-preview": { price: [0.5, 0.05, 3], window: 1_048_576 },
    "gemini-2.5-pro": { price: [1.25, 0.125, 10], window: 1_048_576, long: k200 },
    "gemini-2.5-flash": { price: [0.3, 0.03, 2.5], window: 1_048_576 },
    "gemini-2.5-flash-lite": { price: [0.1, 0.01, 0.4], window: 1_048_576 },
  },
  "api.deepseek.com": {
    "deepseek-v4-pro": { price: [0.435, 0.003625, 0.87], window: 1_000_000, isBlind: true },
    "deepseek-v4-flash": { price: [0.14, 0.0028, 0.28], window: 1_000_000, isBlind: true },
  },
  "api.mistral.ai": {
    "mistral-large-2512": { price: [0.5, 0.5, 1.5], window: 262_144 },
    "mistral-medium-2604": { price: [1.5, 1.5, 7.5], window: 262_144 },
    "mistral-small-2603": { price: [0.15, 0.15, 0.6], window: 256_000 },
    "devstral-2512": { price: [0.4, 0.4, 2], window: 262_144, isBlind: true },
  },
  "api.x.ai": {
    "grok-4.3": { price: [1.25, 0.2, 2.5], window: 1_000_000, long: [200_000, 2, 2] },
  },
  "api.groq.com": {
    "openai/gpt-oss-120b": { price: [0.15, 0.075, 0.6], window: 131_072, isBlind: true },
    "openai/gpt-oss-20b": { price: [0.075, 0.0375, 0.3], window: 131_072, isBlind: true },
    "llama-3.3-70b-versatile": { price: [0.59, 0.59, 0.79], window: 131_072, isBlind: true },
  },
};

/** The hosts of the makers whose names OpenRouter puts before a model's. */
const makers: Readonly<Record<string, string>> = {
  openai: "api.openai.com",
  google: "generativelanguage.googleapis.com",
  deepseek: "api.deepseek.com",
  mistralai: "api.mistral.ai",
  "x-ai": "api.x.ai",
};

/** What is known of the model that `ref` names: what the person has set, and else what the table has for the provider's own host. */
export function factsOf(ref: LlmRef): ModelFacts {
  const host = URL.parse(ref.base_url ?? "https://api.openai.com/v1")?.host ?? "";
  const known = find(host, ref.model);
  const price = ownPrice(ref) ?? (known && !isOpenRouter(host) ? listPrice(known) : undefined);
  const maxInputTokens = ref.max_input_tokens ?? known?.window;
  return {
    ...(price ? { price } : {}),
    hasOwnPrice: ownPrice(ref) !== undefined,
    hasPrice: price !== undefined || tellsCost(host),
    ...(maxInputTokens === undefined ? {} : { maxInputTokens }),
    ...(known ? { hasVision: known.isBlind !== true } : {}),
  };
}

/** The names of the models that are known at a provider's own host. */
export function modelsAt(host: string): readonly string[] {
  return Object.keys(providers[host] ?? {});
}

function find(host: string, model: string): Known | undefined {
  if (!isOpenRouter(host)) return ofFamily(providers[host], model);
  const [maker = "", name = ""] = model.split("/");
  return ofFamily(providers[makers[maker] ?? ""], name);
}

/** A name with a date stands for its family, and so does one with a provider's folder. */
function ofFamily(models: Readonly<Record<string, Known>> | undefined, model: string): Known | undefined {
  const name = model.replace(/^models\//, "");
  const family = name.replace(/-(20\d\d-?\d\d-?\d\d|latest)$/, "");
  const key = [name, family].find((one) => models !== undefined && Object.hasOwn(models, one));
  return key === undefined ? undefined : models?.[key];
}

/** A price needs both its halves. */
function ownPrice(ref: LlmRef): Price | undefined {
  const { input_cost_per_token: input, output_cost_per_token: output, cache_read_cost_per_token: cacheRead } = ref;
  if (input === undefined || output === undefined) return undefined;
  return { input, output, ...(cacheRead === undefined ? {} : { cacheRead }) };
}

function listPrice({ price: [input, cached, output], long, writeTimes = 1 }: Known): Price {
  const times = (inputTimes: number, outputTimes: number): Price => ({
    input: (input * inputTimes) / 1e6,
    output: (output * outputTimes) / 1e6,
    cacheRead: (cached * inputTimes) / 1e6,
    cacheWrite: (input * writeTimes * inputTimes) / 1e6,
  });
  if (!long) return times(1, 1);
  const [tokens, inputTimes, outputTimes] = long;
  return { ...times(1, 1), long: { tokens, price: times(inputTimes, outputTimes) } };
}
