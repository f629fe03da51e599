import type { WireEvent } from "../../protocol/agentServer/events.ts";
import type { ActionEvent, Event } from "../../protocol/events.ts";
import { stateKeys } from "../../protocol/state.ts";
import { wireStats } from "./wireStats.ts";

/** Our log's own book-keeping, which the official server keeps elsewhere. */
const hidden: ReadonlySet<string> = new Set(["id", "workspace", "agent", stateKeys.runtime, "limits", "title", "head"]);
/** What a conversation begins with; set later, clients are told. */
const given: ReadonlySet<string> = new Set(["confirmation_policy", "max_iterations", "security_analyzer"]);

/** Says of one conversation's events, oldest first, which ones clients see: nothing is there before the first message (§2.3). */
export class Shown {
  readonly #given = new Set<string>();
  #hasBegun = false;

  /** For events behind the first message. */
  static begun(): Shown {
    const shown = new Shown();
    shown.#hasBegun = true;
    return shown;
  }

  has(event: Event): boolean {
    if (event.kind !== "ConversationStateUpdateEvent") return (this.#hasBegun = true);
    if (hidden.has(event.key)) return false;
    if (this.#hasBegun || !given.has(event.key) || this.#given.has(event.key)) return true;
    this.#given.add(event.key);
    return false;
  }
}

/** The event without what only our own doors know, because readers of the protocol refuse fields that they do not know (§4.1). */
export function wireEvent(event: Event): WireEvent {
  switch (event.kind) {
    case "MessageEvent": {
      const { reasoning_ms: _ms, ...rest } = event;
      return rest;
    }
    case "ActionEvent": {
      const { reasoning_ms: _ms, risk_reason: _reason, granted: _granted, ...rest } = event;
      return { ...rest, ...summaryOf(event) };
    }
    case "ConversationStateUpdateEvent":
      return event.key === "stats" ? { ...event, value: wireStats(event.value) } : { ...event };
    default:
      return { ...event };
  }
}

const longestSummary = 200;

/** Where the model gave none, clients are told the call itself (§5.1). What cannot run has none. */
function summaryOf({ action, summary, tool_name, tool_call }: ActionEvent): { readonly summary?: string } {
  if (!action || summary) return {};
  const text = `${tool_name}: ${tool_call.arguments}`;
  return { summary: text.length > longestSummary ? `${text.slice(0, longestSummary - 3).toWellFormed()}...` : text };
}

/** As searches and sockets tell it: fields that are null are left out. */
export function withoutNulls(event: WireEvent): WireEvent {
  const { kind, id, timestamp, source, ...rest } = event;
  return { kind, id, timestamp, source, ...filledFields(rest) };
}

/** One frame of a socket. */
export function frameOf(event: WireEvent): string {
  const text = JSON.stringify(event);
  return text.includes(":null") ? JSON.stringify(withoutNulls(event)) : text;
}

/** Whatever JSON somebody has put in: null is a value there. */
const free: ReadonlySet<string> = new Set(["value", "data", "hook_input", "raw_input", "raw_output", "log_data"]);

/** Without nulls, also inside. */
export function filledFields(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.entries(record).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(fields.map(([key, value]) => [key, free.has(key) ? value : filled(value)]));
}

function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  return isRecord(value) ? filledFields(value) : value;
}

/** As one event alone is told: a field of its kind that has no value is null (§2.0). */
export function withNulls(event: WireEvent): WireEvent {
  return { ...nullsOf(["parent_id", ...(optional[event.kind] ?? [])]), ...event, ...innerNulls(event) };
}

const optional: Readonly<Record<string, readonly string[]>> = {
  SystemPromptEvent: ["dynamic_context"],
  MessageEvent: ["llm_response_id", "sender", "critic_result"],
  ActionEvent: ["reasoning_content", "responses_reasoning_item", "action", "critic_result", "summary"],
  Condensation: ["summary", "summary_offset"],
  HookExecutionEvent: ["tool_name", "reason", "additional_context", "error", "action_id", "message_id", "hook_input"],
};
/** Of what is inside an event. */
const inner: Readonly<Record<string, readonly string[]>> = {
  llm_message: ["tool_calls", "tool_call_id", "name", "reasoning_content", "responses_reasoning_item"],
  tool_call: ["responses_item_id"],
  classification: ["error_id"],
};

function innerNulls(event: WireEvent): Record<string, unknown> {
  const filledUp: Record<string, unknown> = {};
  for (const [field, names] of Object.entries(inner)) {
    const value = event[field];
    if (isRecord(value)) filledUp[field] = { ...nullsOf(names), ...value };
  }
  return filledUp;
}

function nullsOf(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
