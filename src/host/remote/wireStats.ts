import * as z from "zod";
import { noTokens } from "../../protocol/metrics.ts";

const count = z.number().catch(0).transform(Math.round);
const Usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  cache_read_tokens: count,
  reasoning_tokens: count,
  per_turn_token: z.number().optional().catch(undefined),
  context_window: z.number().optional().catch(undefined),
});
const Metrics = z.object({
  model_name: z.string().optional().catch(undefined),
  accumulated_cost: z.number().nullish().catch(undefined),
  accumulated_token_usage: Usage.catch(noTokens),
});
const Stats = z.object({ usage_to_metrics: z.record(z.string(), Metrics.catch({ accumulated_token_usage: noTokens })) });

/** Stats whole enough for our state: what is not said counts as nothing, and lists of single calls are left out. A value that is none comes back as it is. */
export function wholeStats(value: unknown): unknown {
  return Stats.safeParse(value).data ?? value;
}
