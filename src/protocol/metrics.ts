import * as z from "zod";

export const TokenUsage = z.object({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  cache_read_tokens: z.number().int(),
  reasoning_tokens: z.number().int(),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

export const noTokens: TokenUsage = { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, reasoning_tokens: 0 };

/** What one usage of models has taken so far (agent-server protocol §4.9). Dollars; null: the price of a call is not known. */
export const UsageMetrics = z.looseObject({
  model_name: z.string().optional().catch(undefined),
  accumulated_cost: z.number().nullish().catch(undefined),
  accumulated_token_usage: z.looseObject({
    ...TokenUsage.shape,
    per_turn_token: z.number().optional().catch(undefined),
    context_window: z.number().optional().catch(undefined),
  }),
});
export type UsageMetrics = z.infer<typeof UsageMetrics>;

/** One call of a model. The log has the latest beside the sums (`stats`), because official servers tell of each call and the sums do not (§4.9). */
export const ModelCall = z.object({
  usage_id: z.string(),
  model: z.string(),
  response_id: z.string(),
  latency_ms: z.number().optional(),
  /** Dollars; absent: not known. */
  cost: z.number().optional(),
  tokens: z.object({ ...TokenUsage.shape, context_window: z.number() }).optional(),
});
export type ModelCall = z.infer<typeof ModelCall>;

export const KnownCall = ModelCall.extend({
  /** When its reply was kept, as events have it. */
  timestamp: z.string(),
});
export type KnownCall = z.infer<typeof KnownCall>;

/** A state keeps so many of its latest calls, so that it stays small however long a conversation becomes. */
const mostCalls = 20;

const WithCall = z.object({ latest_call: ModelCall });

/** The calls after a state update `stats`; undefined when it tells of none. */
export function callsFrom(value: unknown, timestamp: string, before: readonly KnownCall[] = []): readonly KnownCall[] | undefined {
  const call = WithCall.safeParse(value).data?.latest_call;
  return call && [...before, { ...call, timestamp }].slice(-mostCalls);
}

export type AllMetrics = Readonly<Record<string, UsageMetrics>>;

/** What calls of models have taken in all. */
interface Taken {
  readonly metrics?: AllMetrics;
  readonly calls?: readonly KnownCall[];
  readonly usage?: TokenUsage;
  readonly accumulated_cost?: number | null;
  readonly per_turn_token?: number;
  readonly context_window?: number;
}

const Stats = z.object({ usage_to_metrics: z.record(z.string(), UsageMetrics) });
/** Their prompts are not the conversation's. */
const besides: ReadonlySet<string> = new Set(["condenser", "ask-agent-llm"]);

/** What the state update `stats` says, after `before`; undefined when it says nothing. */
export function metricsFrom(value: unknown, before: AllMetrics = {}): Taken | undefined {
  const metrics = Stats.safeParse(value).data?.usage_to_metrics;
  if (metrics === undefined) return undefined;
  if (Object.keys(metrics).length === 0) return { metrics, usage: noTokens, accumulated_cost: 0, calls: [] };
  const all = Object.values(metrics);
  const sum = (key: keyof TokenUsage): number => all.reduce((total, one) => total + one.accumulated_token_usage[key], 0);
  const usage = {
    prompt_tokens: sum("prompt_tokens"),
    completion_tokens: sum("completion_tokens"),
    cache_read_tokens: sum("cache_read_tokens"),
    reasoning_tokens: sum("reasoning_tokens"),
  };
  const cost = sumOfCosts(all.map(({ accumulated_cost }) => accumulated_cost).filter((one) => one !== undefined));
  return { metrics, usage, ...(cost === undefined ? {} : { accumulated_cost: cost }), ...windowOf(metrics, before) };
}

/** Null when any is not known. */
function sumOfCosts(costs: readonly (number | null)[]): number | null | undefined {
  if (costs.length === 0) return undefined;
  return costs.reduce((total, cost) => (total === null || cost === null ? null : total + cost));
}

/** How full the window is: of what has changed, the usage that is the conversation's own. */
function windowOf(metrics: AllMetrics, before: AllMetrics): Taken {
  const changed = Object.entries(metrics).filter(([id, one]) => !besides.has(id) && !isSame(one, before[id]));
  const { per_turn_token, context_window } = changed.at(-1)?.[1].accumulated_token_usage ?? {};
  return { ...(per_turn_token ? { per_turn_token } : {}), ...(context_window ? { context_window } : {}) };
}

function isSame({ accumulated_token_usage: one }: UsageMetrics, other: UsageMetrics | undefined): boolean {
  const known = other?.accumulated_token_usage;
  return known !== undefined && known.prompt_tokens === one.prompt_tokens && known.completion_tokens === one.completion_tokens;
}
