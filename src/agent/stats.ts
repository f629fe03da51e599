import { type EventDraft, stateUpdate } from "../conversation/stamp.ts";
import type { LlmReply } from "../llm/llm.ts";
import type { ConversationState } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";

/**
 * The tokens and the cost of all calls so far, as the state update that official servers send (agent-server protocol §4.9). A cost that is not
 * known makes the sum unknown: null.
 */
export function statsEvents(
  { conversation: { state }, llm }: Pick<Agent, "conversation" | "llm">,
  reply: Pick<LlmReply, "usage" | "costUsd">,
): EventDraft[] {
  const { usage } = reply;
  const cost = sumOfCosts(state.accumulated_cost, reply.costUsd);
  // What is not counted changes nothing but that a cost is no longer known.
  if (usage === undefined && cost === null && state.accumulated_cost == null) return [];
  const accumulated_token_usage = {
    prompt_tokens: state.usage.prompt_tokens + (usage?.prompt_tokens ?? 0),
    completion_tokens: state.usage.completion_tokens + (usage?.completion_tokens ?? 0),
    cache_read_tokens: state.usage.cache_read_tokens + (usage?.cache_read_tokens ?? 0),
    reasoning_tokens: state.usage.reasoning_tokens + (usage?.reasoning_tokens ?? 0),
    context_window: llm.maxInputTokens ?? 0,
    per_turn_token: usage ? usage.prompt_tokens + usage.completion_tokens : (state.per_turn_token ?? 0),
  };
  const value = { usage_to_metrics: { agent: { model_name: llm.model, accumulated_cost: cost, accumulated_token_usage } } };
  return [stateUpdate("stats", value)];
}

function sumOfCosts(before: ConversationState["accumulated_cost"], costUsd: number | undefined): number | null {
  return before === null || costUsd === undefined ? null : (before ?? 0) + costUsd;
}
