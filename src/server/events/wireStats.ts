import * as z from "zod";

const Count = z.number().catch(0);
const Tokens = z.looseObject({
  model: z.string().optional(),
  prompt_tokens: Count,
  completion_tokens: Count,
  cache_read_tokens: Count,
  cache_write_tokens: Count,
  reasoning_tokens: Count,
  context_window: Count,
  per_turn_token: Count,
  response_id: z.string().catch(""),
});
const Stats = z.object({
  usage_to_metrics: z.record(
    z.string(),
    z.looseObject({
      model_name: z.string().catch("unknown"),
      // Readers of the protocol add it up: a cost that nobody knows is none.
      accumulated_cost: z.number().catch(0),
      max_budget_per_task: z.number().nullable().catch(null),
      accumulated_token_usage: Tokens,
    }),
  ),
});

/** The value of a `stats` update with every field that the protocol has (§4.3); as it is when it is none. */
export function wireStats(value: unknown): unknown {
  const { success, data } = Stats.safeParse(value);
  if (!success) return value;
  const usages = Object.entries(data.usage_to_metrics).map(([usage, metrics]) => {
    const tokens = { ...metrics.accumulated_token_usage, model: metrics.accumulated_token_usage.model ?? metrics.model_name };
    return [usage, { ...metrics, accumulated_token_usage: tokens }] as const;
  });
  return { usage_to_metrics: Object.fromEntries(usages) };
}
