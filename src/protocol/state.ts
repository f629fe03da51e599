import * as z from "zod";
import { type ActionEvent, type Event, parseActionEvent } from "./events.ts";
import { ConversationId } from "./ids.ts";
import { initialProgress, Progress, reduceProgress } from "./progress.ts";
import { RuntimeRef } from "./sandbox.ts";
import { SkillState, skillUpdate } from "./skillState.ts";

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

/**
 * Which model the conversation talks to; the key is never part of it. Prices are dollars for one token and stand above those that are
 * known of the model; `max_input_tokens` is its context window.
 */
export const LlmRef = z.object({
  model: z.string().min(1),
  base_url: z.string().optional(),
  input_cost_per_token: z.number().min(0).optional(),
  output_cost_per_token: z.number().min(0).optional(),
  cache_read_cost_per_token: z.number().min(0).optional(),
  max_input_tokens: z.number().int().min(1).optional(),
});
export type LlmRef = z.infer<typeof LlmRef>;

export const TokenUsage = z.object({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  cache_read_tokens: z.number().int(),
  reasoning_tokens: z.number().int(),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

/**
 * What one run may use, beside its steps; a limit that is absent does not hold. Tokens are those of prompts and replies together,
 * as the provider counts them.
 */
export const Limits = z.object({
  max_cost_usd: z.number().positive().optional(),
  max_tokens: z.number().int().min(1).optional(),
  max_wall_seconds: z.number().positive().optional(),
});
export type Limits = z.infer<typeof Limits>;

/** The names of a conversation's secrets (agent-server protocol §4.8); the values are not in it. */
export const SecretRegistry = z.object({ secret_sources: z.record(z.string(), z.unknown()) });
export type SecretRegistry = z.infer<typeof SecretRegistry>;

/** What a new conversation is given; written as the first events of its log. */
export const ConversationStart = z.object({
  id: ConversationId,
  /** Absolute path of the folder that the agent works in. */
  working_dir: z.string().min(1),
  /** All folders of the workspace, `working_dir` among them; absent: it is the only one. What is in them may be read and edited. */
  folders: z.array(z.string().min(1)).optional(),
  /** Where its tools act; absent: `local`. */
  runtime: RuntimeRef.optional(),
  llm: LlmRef,
  confirmation_policy: ConfirmationPolicy,
  /** Steps of one run. */
  max_iterations: z.number().int().min(1),
  limits: Limits.optional(),
});
export type ConversationStart = z.infer<typeof ConversationStart>;

/** A fold of the log, and nothing else: `events.reduce(reduceState, initialState)`. */
export interface ConversationState extends Partial<ConversationStart>, Readonly<SkillState> {
  readonly execution_status: ExecutionStatus;
  readonly title?: string;
  readonly last_user_message_id?: string;
  /** The event that the next one takes as its parent. */
  readonly leaf_event_id?: string;
  /** Timestamp of the latest event that is no update of the state. */
  readonly updated_at?: string;
  /** Tokens of all calls so far, as the provider counted them. */
  readonly usage: TokenUsage;
  /** Dollars for all calls so far; null when the price of any of them is not known, absent before the first. */
  readonly accumulated_cost?: number | null;
  /** Tokens of the latest prompt and its reply: how full the context window is. */
  readonly per_turn_token?: number;
  /** The model's context window in tokens, where it is known. */
  readonly context_window?: number;
  /** Executable actions without a result, oldest first: waiting for an answer, running, or cut off by a crash. */
  readonly pending: readonly ActionEvent[];
  readonly progress: Progress;
}

/** A state that comes from elsewhere. */
export const StateShape = z
  .object({
    ...ConversationStart.partial().shape,
    ...SkillState.shape,
    execution_status: ExecutionStatus,
    title: z.string().optional(),
    last_user_message_id: z.string().optional(),
    leaf_event_id: z.string().optional(),
    updated_at: z.string().optional(),
    usage: TokenUsage,
    accumulated_cost: z.number().nullish(),
    per_turn_token: z.number().optional(),
    context_window: z.number().optional(),
    pending: z.array(z.unknown().transform(parseActionEvent)),
    progress: Progress,
  })
  .transform((state) => state as ConversationState);

export const initialState: ConversationState = {
  execution_status: "idle",
  usage: { prompt_tokens: 0, completion_tokens: 0, cache_read_tokens: 0, reasoning_tokens: 0 },
  pending: [],
  progress: initialProgress,
};

const update = {
  workspace: z
    .object({ working_dir: z.string(), folders: z.array(z.string()).optional() })
    .transform(({ working_dir, folders }) => ({ working_dir, ...(folders ? { folders } : {}) })),
  runtime: RuntimeRef.transform((runtime) => ({ runtime })),
  agent: z.object({ llm: LlmRef }).transform(({ llm }) => ({ llm })),
  confirmation_policy: ConfirmationPolicy.transform((confirmation_policy) => ({ confirmation_policy })),
  max_iterations: z
    .number()
    .int()
    .transform((max_iterations) => ({ max_iterations })),
  limits: Limits.transform((limits) => ({ limits })),
  execution_status: ExecutionStatus.transform((execution_status) => ({ execution_status })),
  title: z.string().transform((title) => ({ title })),
  id: ConversationId.transform((id) => ({ id })),
  stats: z
    .object({ usage_to_metrics: z.object({ agent: z.looseObject({ accumulated_token_usage: z.looseObject(TokenUsage.shape) }) }) })
    .transform(({ usage_to_metrics: { agent } }) => statsOf(agent)),
};

const Metrics = z.object({
  accumulated_cost: z.number().nullish(),
  accumulated_token_usage: z.object({ per_turn_token: z.number().optional(), context_window: z.number().optional() }),
});

function statsOf(agent: { readonly accumulated_token_usage: TokenUsage }): Partial<ConversationState> {
  const { prompt_tokens, completion_tokens, cache_read_tokens, reasoning_tokens } = agent.accumulated_token_usage;
  const usage = { prompt_tokens, completion_tokens, cache_read_tokens, reasoning_tokens };
  const more = Metrics.safeParse(agent).data;
  if (more === undefined) return { usage };
  const { accumulated_cost, accumulated_token_usage } = more;
  const { per_turn_token, context_window } = accumulated_token_usage;
  return {
    usage,
    ...(accumulated_cost === undefined ? {} : { accumulated_cost }),
    ...(per_turn_token ? { per_turn_token } : {}),
    ...(context_window ? { context_window } : {}),
  };
}

/**
 * Keys of state updates that are ours and not the official server's (agent-server protocol §4.1): they say more of the events around them.
 */
export const stateKeys = {
  /** Stands before each reply: the last event that the model had read when it wrote the reply. */
  lastRead: "last_read_event_id",
  /** Stands right behind a reply that was cut off, which so is its parent: what is there of it is all there is. */
  incomplete: "incomplete_message",
  /** Stands before the status `stuck`: why, for the person. */
  stuckReason: "stuck_reason",
  /** A SecretRegistry. */
  secrets: "secret_registry",
  /** A RuntimeRef. */
  runtime: "runtime",
} as const;

/** The state after `event`. Keys and values that this version does not understand change nothing. */
export function reduceState(state: ConversationState, event: Event): ConversationState {
  const next = reduceFacts(state, event);
  const progress = reduceProgress(state.progress, event, state, next);
  return progress === next.progress ? next : { ...next, progress };
}

function reduceFacts(state: ConversationState, event: Event): ConversationState {
  if (event.kind === "ConversationStateUpdateEvent") {
    const schema: z.ZodType<Partial<ConversationState>> | undefined = Object.hasOwn(update, event.key)
      ? update[event.key as keyof typeof update]
      : undefined;
    const parsed = schema?.safeParse(event.value);
    const changes = parsed?.success ? parsed.data : skillUpdate(event.key, event.value);
    return changes === undefined ? state : { ...state, ...changes };
  }
  return { ...reduceSpoken(state, event), leaf_event_id: event.id, updated_at: event.timestamp };
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
