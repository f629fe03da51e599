import { type EventDraft, stateUpdate } from "../conversation/stamp.ts";
import type { Llm, LlmReply } from "../llm/llm.ts";
import { type ModelCall, noTokens } from "../protocol/metrics.ts";
import type { ConversationState } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";

/** Under this name the tokens of summaries are counted (agent-server protocol §4.9). */
export const condenserId = "condenser";

type Counted = Pick<LlmReply, "id" | "usage" | "costUsd" | "latencyMs">;

/**
 * The tokens and the cost of all calls so far, as the state update that official servers send (agent-server protocol §4.9): by what they were made
 * for, `usageId`. A cost that is not known makes the sum unknown: null.
 */
export function statsEvents(
  {
    conversation: { state },
    llm,
    usageId = "agent",
  }: Pick<Agent, "llm" | "usageId"> & { readonly conversation: Pick<Agent["conversation"], "state"> },
  reply: Counted,
): EventDraft[] {
  const { usage } = reply;
  const { [usageId]: before, ...others } = state.metrics ?? {};
  const cost = sumOfCosts(before?.accumulated_cost, reply.costUsd);
  // What is not counted changes nothing but that a cost is no longer known.
  if (usage === undefined && cost === null && before?.accumulated_cost == null) return [];
  const counted = before?.accumulated_token_usage ?? { ...noTokens, per_turn_token: 0 };
  const accumulated_token_usage = {
    prompt_tokens: counted.prompt_tokens + (usage?.prompt_tokens ?? 0),
    completion_tokens: counted.completion_tokens + (usage?.completion_tokens ?? 0),
    cache_read_tokens: counted.cache_read_tokens + (usage?.cache_read_tokens ?? 0),
    reasoning_tokens: counted.reasoning_tokens + (usage?.reasoning_tokens ?? 0),
    context_window: llm.maxInputTokens ?? 0,
    per_turn_token: usage ? usage.prompt_tokens + usage.completion_tokens : (counted.per_turn_token ?? 0),
  };
  const usage_to_metrics = { ...others, [usageId]: { model_name: llm.model, accumulated_cost: cost, accumulated_token_usage } };
  return [stateUpdate("stats", { usage_to_metrics, latest_call: callOf(reply, { llm, usageId }) })];
}

function callOf({ id, latencyMs, costUsd, usage }: Counted, { llm, usageId }: { readonly llm: Llm; readonly usageId: string }): ModelCall {
  return {
    usage_id: usageId,
    model: llm.model,
    response_id: id,
    ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
    ...(costUsd === undefined ? {} : { cost: costUsd }),
    ...(usage === undefined ? {} : { tokens: { ...usage, context_window: llm.maxInputTokens ?? 0 } }),
  };
}

function sumOfCosts(before: ConversationState["accumulated_cost"], costUsd: number | undefined): number | null {
  return before === null || costUsd === undefined ? null : (before ?? 0) + costUsd;
}
