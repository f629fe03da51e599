import type { ConversationState } from "../protocol/state.ts";

type Used = Pick<ConversationState, "usage" | "per_turn_token" | "context_window" | "accumulated_cost">;

/** How full the model's context window is, in whole percent; undefined when nothing was asked yet or the window is not known. */
export function contextPercent({ per_turn_token, context_window }: Used): number | undefined {
  if (!per_turn_token || !context_window) return undefined;
  return Math.min(100, Math.round((per_turn_token / context_window) * 100));
}

/** "41,200 of 128,000 tokens of the context window are used (32 %)". */
export function contextTitle(state: Used): string {
  const { per_turn_token = 0, context_window = 0 } = state;
  return `${counted(per_turn_token)} of ${counted(context_window)} tokens of the context window are used (${contextPercent(state) ?? 0} %)`;
}

/** "$0.12", "cost unknown"; empty before the first call. */
export function costText({ accumulated_cost }: Used): string {
  if (accumulated_cost === undefined) return "";
  if (accumulated_cost === null) return "cost unknown";
  return accumulated_cost > 0 && accumulated_cost < 0.01 ? "<$0.01" : `$${accumulated_cost.toFixed(2)}`;
}

/** "12.3k tokens"; empty when nothing was used. */
export function tokensText({ usage }: Used): string {
  const tokens = usage.prompt_tokens + usage.completion_tokens;
  if (tokens === 0) return "";
  if (tokens < 1000) return `${tokens} tokens`;
  return tokens < 1_000_000 ? `${(tokens / 1000).toFixed(1)}k tokens` : `${(tokens / 1_000_000).toFixed(1)}M tokens`;
}

/** All that is known of what the conversation has used, in sentences. */
export function usageTitle({ usage, accumulated_cost }: Used): string {
  const cached = usage.cache_read_tokens > 0 ? `, ${counted(usage.cache_read_tokens)} of them from the cache` : "";
  const tokens = `This conversation: ${counted(usage.prompt_tokens)} tokens read${cached}; ${counted(usage.completion_tokens)} written.`;
  if (accumulated_cost === undefined) return tokens;
  const cost = accumulated_cost === null ? "The price of this model is not known." : `Cost: $${accumulated_cost.toFixed(4)}.`;
  return `${tokens} ${cost}`;
}

function counted(count: number): string {
  return count.toLocaleString("en-US");
}
