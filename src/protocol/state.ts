import * as z from "zod";
import { type ActionEvent, type ConversationStateUpdateEvent, type Event, parseActionEvent } from "./events.ts";
import { ConversationId } from "./ids.ts";
import { callsFrom, KnownCall, metricsFrom, noTokens, TokenUsage, UsageMetrics } from "./metrics.ts";
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

/** `LLMSecurityAnalyzer` takes the model's word for the risk of a call, above our own judgement; without an analyzer every risk is unknown (§6.6). */
export const SecurityAnalyzer = z.looseObject({
  kind: z.enum(["LLMSecurityAnalyzer", "PatternSecurityAnalyzer", "PolicyRailSecurityAnalyzer", "EnsembleSecurityAnalyzer"]),
});
export type SecurityAnalyzer = z.infer<typeof SecurityAnalyzer>;

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
  /** Whether the next event begins anew, although there are others. */
  readonly head_is_empty?: true;
  /** Whether the person has ever gone back to an earlier event, so that not all events are of one branch. */
  readonly has_branches?: true;
  /** Null: every risk is unknown; absent: our own judgement and the model's word. */
  readonly security_analyzer?: SecurityAnalyzer | null;
  /** Values that a server's clients set and read (`state.set`). */
  readonly goal?: unknown;
  readonly agent_state?: unknown;
  readonly tags?: unknown;
  /** By what calls were made for: the agent's own, under `agent` or the name that its model was given, and others. */
  readonly metrics?: Readonly<Record<string, UsageMetrics>>;
  /** The latest calls of models, oldest first. */
  readonly calls?: readonly KnownCall[];
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

const facts = {
  ...ConversationStart.partial().shape,
  ...SkillState.shape,
  execution_status: ExecutionStatus,
  title: z.string().optional(),
  last_user_message_id: z.string().optional(),
  leaf_event_id: z.string().optional(),
  updated_at: z.string().optional(),
  head_is_empty: z.literal(true).optional(),
  has_branches: z.literal(true).optional(),
  security_analyzer: SecurityAnalyzer.nullish(),
  goal: z.unknown().optional(),
  agent_state: z.unknown().optional(),
  tags: z.unknown().optional(),
  metrics: z.record(z.string(), UsageMetrics).optional(),
  calls: z.array(KnownCall).optional(),
  usage: TokenUsage,
  accumulated_cost: z.number().nullish(),
  per_turn_token: z.number().optional(),
  context_window: z.number().optional(),
};

/** A part of a state that a server tells beside the events, such as the title that it has made. */
export type StateFacts = Partial<Omit<ConversationState, "pending" | "progress">>;
export const StateFacts = z
  .object(facts)
  .partial()
  .transform((known) => known as StateFacts);

/** A state that comes from elsewhere. */
export const StateShape = z
  .object({
    ...facts,
    pending: z.array(z.unknown().transform(parseActionEvent)),
    progress: Progress,
  })
  .transform((state) => state as ConversationState);

export const initialState: ConversationState = {
  execution_status: "idle",
  usage: noTokens,
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
  last_user_message_id: z.string().transform((last_user_message_id) => ({ last_user_message_id })),
  security_analyzer: SecurityAnalyzer.nullable().transform((security_analyzer) => ({ security_analyzer })),
  goal: z.unknown().transform((goal) => ({ goal })),
  agent_state: z.unknown().transform((agent_state) => ({ agent_state })),
  tags: z.unknown().transform((tags) => ({ tags })),
};

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
  /** The id of the event that the next one follows; null: it begins anew. What was pending before it is not any more. */
  head: "head",
} as const;

/** The state after `event`. Keys and values that this version does not understand change nothing. */
export function reduceState(state: ConversationState, event: Event): ConversationState {
  const next = reduceFacts(state, event);
  const progress = reduceProgress(state.progress, event, state, next);
  return progress === next.progress ? next : { ...next, progress };
}

function reduceFacts(state: ConversationState, event: Event): ConversationState {
  if (event.kind === "ConversationStateUpdateEvent") {
    if (event.key === stateKeys.head) return withHead(state, event.value);
    const schema: z.ZodType<Partial<ConversationState>> | undefined = Object.hasOwn(update, event.key)
      ? update[event.key as keyof typeof update]
      : undefined;
    const parsed = schema?.safeParse(event.value);
    const changes = parsed?.success ? parsed.data : otherUpdate(state, event);
    return changes === undefined ? state : { ...state, ...changes };
  }
  return {
    ...reduceSpoken(state.head_is_empty ? withFilledHead(state) : state, event),
    leaf_event_id: event.id,
    updated_at: event.timestamp,
  };
}

function otherUpdate(
  { metrics, calls: before }: ConversationState,
  { key, value, timestamp }: ConversationStateUpdateEvent,
): Partial<ConversationState> | undefined {
  if (key !== "stats") return skillUpdate(key, value);
  const calls = callsFrom(value, timestamp, before);
  const changes = metricsFrom(value, metrics);
  return changes && { ...changes, ...(calls ? { calls } : {}) };
}

function withFilledHead({ head_is_empty: _, ...state }: ConversationState): ConversationState {
  return state;
}

function withHead(state: ConversationState, value: unknown): ConversationState {
  const { leaf_event_id: _, head_is_empty: __, ...rest } = state;
  if (value === null) return { ...rest, pending: [], has_branches: true, head_is_empty: true };
  return typeof value === "string" ? { ...rest, pending: [], has_branches: true, leaf_event_id: value } : state;
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
