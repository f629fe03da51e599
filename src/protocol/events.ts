import * as z from "zod";
import {
  type Action,
  FileEditorAction,
  FileEditorObservation,
  FinishAction,
  FinishObservation,
  GlobAction,
  GlobObservation,
  GrepAction,
  GrepObservation,
  InvokeSkillAction,
  InvokeSkillObservation,
  type Observation,
  OtherAction,
  OtherObservation,
  TaskTrackerAction,
  TaskTrackerObservation,
  TerminalAction,
  TerminalObservation,
  ThinkAction,
  ThinkObservation,
} from "./actions.ts";
import { hookExecution } from "./agentServer/hooks.ts";
import { Message, MessageToolCall, TextContent } from "./content.ts";
import { EventId } from "./ids.ts";
import { RiskReason } from "./riskReasons.ts";

/**
 * The OpenHands event model (agent-server protocol §4): what is in the log, on the wire and in the view.
 * Names are the protocol's, snake case included. An event is immutable.
 */
const common = {
  id: EventId,
  /** Naive ISO-8601 in the host's local time with six fraction digits; compared as text. */
  timestamp: z.string(),
  source: z.enum(["agent", "user", "environment", "hook"]),
  /** The event before it on the branch; absent on the first one. */
  parent_id: z.string().nullish(),
};

export const SecurityRisk = z.enum(["UNKNOWN", "LOW", "MEDIUM", "HIGH"]);
export type SecurityRisk = z.infer<typeof SecurityRisk>;

export const Classification = z.object({
  kind: z.enum(["auth", "quota", "rate_limit", "config", "transient", "agent_action", "internal", "unknown"]),
  retryable: z.boolean(),
  user_action: z.enum(["none", "retry", "settings"]),
  error_id: z.string().nullish(),
});
export type Classification = z.infer<typeof Classification>;

/** How a tool was offered to the model (agent-server protocol §4.3). */
export const ToolDefinition = z.object({
  kind: z.string(),
  title: z.string(),
  description: z.string(),
  action_type: z.string().nullish(),
  observation_type: z.string().nullish(),
  annotations: z
    .object({
      title: z.string().nullish(),
      readOnlyHint: z.boolean(),
      destructiveHint: z.boolean(),
      idempotentHint: z.boolean(),
      openWorldHint: z.boolean(),
    })
    .nullish(),
  /** Of a tool of an MCP server: as the server describes it. */
  mcp_tool: z.unknown().optional(),
});
export type ToolDefinition = z.infer<typeof ToolDefinition>;

const SystemPromptEvent = z.object({
  kind: z.literal("SystemPromptEvent"),
  ...common,
  system_prompt: TextContent,
  tools: z.array(ToolDefinition),
  dynamic_context: TextContent.nullish(),
});

const MessageEvent = z.object({
  kind: z.literal("MessageEvent"),
  ...common,
  llm_message: Message,
  llm_response_id: z.string().nullish(),
  /** Ours: for how long the model thought before it answered, in milliseconds. */
  reasoning_ms: z.number().optional(),
  activated_skills: z.array(z.string()),
  extended_content: z.array(TextContent),
});

const KnownAction = z.discriminatedUnion("kind", [
  TerminalAction,
  FileEditorAction,
  TaskTrackerAction,
  GlobAction,
  GrepAction,
  ThinkAction,
  FinishAction,
  InvokeSkillAction,
]);
const ActionEvent = z.object({
  kind: z.literal("ActionEvent"),
  ...common,
  thought: z.array(TextContent),
  reasoning_content: z.string().nullish(),
  /** Ours: see MessageEvent. */
  reasoning_ms: z.number().optional(),
  thinking_blocks: z.array(z.unknown()),
  /** Absent when the call could not be turned into an action; an AgentErrorEvent follows. */
  action: z.custom<Action>((value) => fits(value, KnownAction, OtherAction)).nullish(),
  tool_name: z.string(),
  tool_call_id: z.string(),
  tool_call: MessageToolCall,
  llm_response_id: z.string(),
  security_risk: SecurityRisk,
  /** Ours: the rule that gave it its risk. */
  risk_reason: RiskReason.optional().catch(undefined),
  /** Ours: it ran without asking because exactly this had been allowed earlier in the conversation. */
  granted: z.literal(true).optional(),
  /** About ten words by the model: what the call is for. */
  summary: z.string().nullish(),
});

const KnownObservation = z.discriminatedUnion("kind", [
  TerminalObservation,
  FileEditorObservation,
  TaskTrackerObservation,
  GlobObservation,
  GrepObservation,
  ThinkObservation,
  FinishObservation,
  InvokeSkillObservation,
]);
const ObservationEvent = z.object({
  kind: z.literal("ObservationEvent"),
  ...common,
  tool_name: z.string(),
  tool_call_id: z.string(),
  observation: z.custom<Observation>((value) => fits(value, KnownObservation, OtherObservation)),
  action_id: EventId,
  extended_content: z.array(TextContent),
});

const UserRejectObservation = z.object({
  kind: z.literal("UserRejectObservation"),
  ...common,
  tool_name: z.string(),
  tool_call_id: z.string(),
  action_id: EventId,
  rejection_reason: z.string(),
  rejection_source: z.enum(["user", "hook"]),
});

/** The result of a call that never became, or never finished, an action. It is matched by `tool_call_id`. */
const AgentErrorEvent = z.object({
  kind: z.literal("AgentErrorEvent"),
  ...common,
  tool_name: z.string(),
  tool_call_id: z.string(),
  error: z.string(),
  classification: Classification,
});

const ConversationErrorEvent = z.object({
  kind: z.literal("ConversationErrorEvent"),
  ...common,
  code: z.string(),
  detail: z.string(),
  classification: Classification,
});

const ConversationStateUpdateEvent = z.object({
  kind: z.literal("ConversationStateUpdateEvent"),
  ...common,
  key: z.string(),
  value: z.unknown(),
});

const PauseEvent = z.object({ kind: z.literal("PauseEvent"), ...common });
const InterruptEvent = z.object({ kind: z.literal("InterruptEvent"), ...common });

/** Takes events out of what the model reads, and puts a summary in their place (agent-server protocol §4.6, §6.9). */
const Condensation = z.object({
  kind: z.literal("Condensation"),
  ...common,
  forgotten_event_ids: z.array(z.string()),
  summary: z.string().nullish(),
  /** Where the summary stands: how many events that the model reads are before it, once the forgotten ones are gone. */
  summary_offset: z.number().int().min(0).nullish(),
  llm_response_id: z.string(),
});
/** The conversation is too long for its model: the next step condenses it. */
const CondensationRequest = z.object({ kind: z.literal("CondensationRequest"), ...common });

/** A hook has run (agent-server protocol §6.11). */
const HookExecutionEvent = z.object({ kind: z.literal("HookExecutionEvent"), ...common, ...hookExecution });

const KnownEvent = z.discriminatedUnion("kind", [
  SystemPromptEvent,
  MessageEvent,
  ActionEvent,
  ObservationEvent,
  UserRejectObservation,
  AgentErrorEvent,
  ConversationErrorEvent,
  ConversationStateUpdateEvent,
  PauseEvent,
  InterruptEvent,
  Condensation,
  CondensationRequest,
  HookExecutionEvent,
]);
const AnyEvent = z.looseObject({ kind: z.string(), ...common });

export type SystemPromptEvent = z.infer<typeof SystemPromptEvent>;
export type MessageEvent = z.infer<typeof MessageEvent>;
export type ActionEvent = z.infer<typeof ActionEvent>;
export type ObservationEvent = z.infer<typeof ObservationEvent>;
export type UserRejectObservation = z.infer<typeof UserRejectObservation>;
export type AgentErrorEvent = z.infer<typeof AgentErrorEvent>;
export type ConversationErrorEvent = z.infer<typeof ConversationErrorEvent>;
export type ConversationStateUpdateEvent = z.infer<typeof ConversationStateUpdateEvent>;
export type PauseEvent = z.infer<typeof PauseEvent>;
export type InterruptEvent = z.infer<typeof InterruptEvent>;
export type Condensation = z.infer<typeof Condensation>;
export type CondensationRequest = z.infer<typeof CondensationRequest>;
export type HookExecutionEvent = z.infer<typeof HookExecutionEvent>;
/** An event of a kind that this version does not know; at run time `kind` is its own name. It is kept and passed on. */
export interface OtherEvent {
  readonly kind: "(other)";
  readonly id: EventId;
  readonly timestamp: string;
  readonly source: "agent" | "user" | "environment" | "hook";
  readonly parent_id?: string | null | undefined;
}

export type Event =
  | SystemPromptEvent
  | MessageEvent
  | ActionEvent
  | ObservationEvent
  | UserRejectObservation
  | AgentErrorEvent
  | ConversationErrorEvent
  | ConversationStateUpdateEvent
  | PauseEvent
  | InterruptEvent
  | Condensation
  | CondensationRequest
  | HookExecutionEvent
  | OtherEvent;

/**
 * The event in `value`, checked.
 *
 * The very object that was given comes back, so fields this version does not know survive a round trip.
 * Throws a ZodError when a known kind lacks what it must have, or when an unknown one lacks the common fields.
 */
export function parseEvent(value: unknown): Event {
  // Because a log can have a hundred thousand of them: each is checked by its own schema only.
  const schema = isObject(value) ? eventSchemas.get(value["kind"]) : undefined;
  (schema ?? AnyEvent).parse(value);
  return value as Event;
}

/** Like `parseEvent`, for a place where only an action can stand. */
export function parseActionEvent(value: unknown): ActionEvent {
  ActionEvent.parse(value);
  return value as ActionEvent;
}

export function isUserMessage(event: Event): event is MessageEvent & { readonly source: "user" } {
  return event.kind === "MessageEvent" && event.source === "user";
}

const eventSchemas: ReadonlyMap<unknown, z.ZodType> = new Map(KnownEvent.options.map((schema) => [schema.shape.kind.value, schema]));
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

interface KindUnion extends z.ZodType {
  readonly options: readonly { readonly shape: { readonly kind: { readonly value: string } } }[];
}

function isKindOf(union: KindUnion, kind: string): boolean {
  return union.options.some((option) => option.shape.kind.value === kind);
}

/** A kind that we know must have all that it must have; any other needs only what all have in common. */
function fits(value: unknown, known: KindUnion, other: z.ZodType<{ kind: string }>): boolean {
  const parsed = other.safeParse(value);
  if (!parsed.success) return false;
  return isKindOf(known, parsed.data.kind) ? known.safeParse(value).success : true;
}
