import * as z from "zod";
import type { ActionEvent, Event } from "./events.ts";
import { ConversationId } from "./ids.ts";

/** agent-server protocol §4.9. */
export const ExecutionStatus = z.enum(["idle", "running", "paused", "waiting_for_confirmation", "finished", "error", "stuck", "deleting"]);
export type ExecutionStatus = z.infer<typeof ExecutionStatus>;

/** When a person is asked before a batch of actions runs (agent-server protocol §6.6). */
export const ConfirmationPolicy = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("NeverConfirm") }),
  z.object({ kind: z.literal("AlwaysConfirm") }),
  z.object({ kind: z.literal("ConfirmRisky"), threshold: z.enum(["LOW", "MEDIUM", "HIGH"]), confirm_unknown: z.boolean() }),
]);
export type ConfirmationPolicy = z.infer<typeof ConfirmationPolicy>;

/** Which model the conversation talks to; the key is never part of it. */
export const LlmRef = z.object({ model: z.string().min(1), base_url: z.string().optional() });
export type LlmRef = z.infer<typeof LlmRef>;

export const TokenUsage = z.object({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  cache_read_tokens: z.number().int(),
  reasoning_tokens: z.number().int(),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

/** What a new conversation is given; written as the first events of its log. */
export const ConversationStart = z.object({
  id: ConversationId,
  /** Absolute path of the folder that the agent works in. */
  working_dir: z.string().min(1),
  llm: LlmRef,
  confirmation_policy: ConfirmationPolicy,
  max_iterations: z.number().int().min(1),
});
export type ConversationStart = z.infer<typeof ConversationStart>;

/** A fold of the log, and nothing else: `events.reduce(reduceState, initialState)`. */
export interface ConversationState extends Partial<ConversationStart> {
  readonly execution_status: ExecutionStatus;
  readonly title?: string;
  readonly last_user_message_id?: string;
  /** The event that the next one takes as its parent. */
  readonly leaf_event_id?: string;
  /** Tokens of all calls so far, as the provider counted them. */
  readonly usage: TokenUsage;
  /** Executable actions without a result, oldest first: waiting for an answer, running, or cut off by a crash. */
  readonly pending: readonly ActionEvent[];
}

export const initialState: ConversationState = {
  execution_status: "idle",
  usage: { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, reasoning_tokens: 0 },
  pending: [],
};

const update = {
  workspace: z.object({ working_dir: z.string() }).transform(({ working_dir }) => ({ working_dir })),
  agent: z.object({ llm: LlmRef }).transform(({ llm }) => ({ llm })),
  confirmation_policy: ConfirmationPolicy.transform((confirmation_policy) => ({ confirmation_policy })),
  max_iterations: z
    .number()
    .int()
    .transform((max_iterations) => ({ max_iterations })),
  execution_status: ExecutionStatus.transform((execution_status) => ({ execution_status })),
  title: z.string().transform((title) => ({ title })),
  id: ConversationId.transform((id) => ({ id })),
  stats: z
    .object({ usage_to_metrics: z.object({ agent: z.object({ accumulated_token_usage: TokenUsage }) }) })
    .transform(({ usage_to_metrics }) => ({ usage: usage_to_metrics.agent.accumulated_token_usage })),
};

/** The state after `event`. Keys and values that this version does not understand change nothing. */
export function reduceState(state: ConversationState, event: Event): ConversationState {
  if (event.kind === "ConversationStateUpdateEvent") {
    const schema: z.ZodType<Partial<ConversationState>> | undefined = Object.hasOwn(update, event.key)
      ? update[event.key as keyof typeof update]
      : undefined;
    const parsed = schema?.safeParse(event.value);
    return parsed?.success ? { ...state, ...parsed.data } : state;
  }
  return { ...reduceSpoken(state, event), leaf_event_id: event.id };
}

function reduceSpoken(state: ConversationState, event: Event): ConversationState {
  switch (event.kind) {
    case "MessageEvent":
      return event.source === "user" ? { ...state, last_user_message_id: event.id } : state;
    case "ActionEvent":
      return event.action ? { ...state, pending: [...state.pending, event] } : state;
    case "ObservationEvent":
    case "UserRejectObservation":
      return { ...state, pending: state.pending.filter((action) => action.id !== event.action_id) };
    case "AgentErrorEvent":
      return { ...state, pending: state.pending.filter((action) => action.tool_call_id !== event.tool_call_id) };
    default:
      return state;
  }
}
