import { type Counted, type Fields, fieldsOf } from "./usage.ts";

/** Dollars for one token. A price of the cache that is not told is that of the prompt, which is never too low. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Holds for the whole request when its prompt is longer than `tokens`. */
  readonly long?: { readonly tokens: number; readonly price: Price };
}

/** Dollars for what was counted. */
export function costOf(counted: Counted, { long, ...price }: Price): number {
  const { usage, cacheWriteTokens } = counted;
  if (long && usage.prompt_tokens > long.tokens) return costOf(counted, long.price);
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  const plainTokens = usage.prompt_tokens - usage.cache_read_tokens - cacheWriteTokens;
  return plainTokens * input + usage.cache_read_tokens * cacheRead + cacheWriteTokens * cacheWrite + usage.completion_tokens * output;
}

const ticksOfDollar = 1e10;

/** Whether every reply of `host` says what it cost, in dollars (openrouter.ai/docs, docs.x.ai/developers/cost-tracking). */
export function tellsCost(host: string): boolean {
  return isOpenRouter(host) || host === "api.x.ai";
}

/** The dollars that the provider says a reply cost; only from hosts that are known to mean dollars. */
export function toldCost(usage: Fields, host: string): number | undefined {
  if (host === "api.x.ai") return dollars(usage["cost_in_usd_ticks"], ticksOfDollar);
  if (!isOpenRouter(host)) return undefined;
  const fee = dollars(usage["cost"]);
  // With a key of the person's own at the model's maker, the fee is one bill and the maker's is another.
  const bill = usage["is_byok"] === true ? dollars(fieldsOf(usage["cost_details"])["upstream_inference_cost"]) : 0;
  return fee === undefined || bill === undefined ? undefined : fee + bill;
}

export const isOpenRouter = (host: string): boolean => host === "openrouter.ai" || host.endsWith(".openrouter.ai");

function dollars(value: unknown, unit = 1): number | undefined {
  return typeof value === "number" && value >= 0 && value / unit < 1e6 ? value / unit : undefined;
}
