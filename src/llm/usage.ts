import type { TokenUsage } from "../protocol/metrics.ts";

/** A JSON object of a provider: anything may be missing or of another type. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** The tokens of one reply, as prices need them. */
export interface Counted {
  readonly usage: TokenUsage;
  /** Tokens of the prompt that were put into the provider's cache; part of `prompt_tokens`, as those read from it are. */
  readonly cacheWriteTokens: number;
}

/** Beyond any model's window: a count above it is a fault of the server. */
const most = 1e9;

/**
 * What a provider counted, under the names that providers use. Undefined when the prompt or the reply is not counted, and when any
 * number of it is negative, absurd or contradicts the others: such a count is worse than none.
 */
export function readUsage(raw: Fields): Counted | undefined {
  const promptDetails = fieldsOf(raw["prompt_tokens_details"] ?? raw["input_tokens_details"]);
  const replyDetails = fieldsOf(raw["completion_tokens_details"] ?? raw["output_tokens_details"]);
  const cached = largest(
    promptDetails["cached_tokens"],
    raw["prompt_cache_hit_tokens"],
    raw["cache_read_input_tokens"],
    raw["cached_tokens"],
  );
  const written = largest(promptDetails["cache_write_tokens"], raw["cache_creation_input_tokens"]);
  const said = largest(raw["prompt_tokens"] ?? raw["input_tokens"] ?? Number.NaN);
  const prompt = said + (countsCacheApart(raw) ? cached + written : 0);
  const completion = largest(raw["completion_tokens"] ?? raw["output_tokens"] ?? Number.NaN);
  // Because some leave the model's thinking out of the reply's tokens, and count it in the total only.
  const reply = Math.max(completion, largest(raw["total_tokens"]) - prompt);
  const reasoning = largest(replyDetails["reasoning_tokens"]);
  // False, too, when any of them is not a number.
  if (!(cached + written <= prompt && reply + reasoning <= 2 * most)) return undefined;
  return {
    usage: { prompt_tokens: prompt, completion_tokens: reply, cache_read_tokens: cached, reasoning_tokens: reasoning },
    cacheWriteTokens: written,
  };
}

/** Anthropic's own names: what is in the cache is not part of `input_tokens`. */
function countsCacheApart(raw: Fields): boolean {
  return raw["prompt_tokens"] === undefined && raw["cache_read_input_tokens"] !== undefined;
}

/** The largest count among those that are there; not a number when one of them is none. */
function largest(...values: readonly unknown[]): number {
  const counts = values.map((value) => (value === undefined || value === null ? 0 : toCount(value)));
  return Math.max(0, ...counts);
}

function toCount(value: unknown): number {
  return typeof value === "number" && value >= 0 && value <= most ? Math.trunc(value) : Number.NaN;
}
