import { textOf } from "./content.ts";
import type {
  ActionEvent,
  AgentErrorEvent,
  Classification,
  ConversationStateUpdateEvent,
  Event,
  ObservationEvent,
  UserRejectObservation,
} from "./events.ts";
import type { Notification } from "./notifications.ts";
import { type ConversationState, initialState, reduceState, stateKeys } from "./state.ts";

/** What came of an action. */
export type ActionResult = ObservationEvent | UserRejectObservation | AgentErrorEvent;

/** One thing that the chat view and the command line show, in the order of the log. `id` is the event's. */
export type Row =
  | { readonly type: "user"; readonly id: string; readonly text: string }
  | { readonly type: "agent"; readonly id: string; readonly text: string; readonly reasoning: string; readonly isCutOff?: true }
  | ActionRow
  | { readonly type: "error"; readonly id: string; readonly code: string; readonly detail: string; readonly classification: Classification }
  | { readonly type: "notice"; readonly id: string; readonly reason: "pause" | "stop" | "stuck" | "condensed"; readonly text: string };

export interface ActionRow {
  readonly type: "action";
  readonly id: string;
  readonly event: ActionEvent;
  /** Absent while it waits, runs, or its outcome is unknown. */
  readonly result?: ActionResult;
  /** Raw terminal text of the running action: the tail, at most 20,000 characters. */
  readonly liveOutput: string;
  /** When it began to run, as a timestamp of the log; an approval moves it. */
  readonly startedAt: string;
}

/** All that a door shows of one conversation: a pure fold of its notifications. */
export interface View {
  /** `seq` of the newest event that is in; -1 before the first. Subscribe with it to go on. */
  readonly lastSeq: number;
  readonly state: ConversationState;
  readonly rows: readonly Row[];
  /** Ids of the person's messages that came while the agent worked and that the model has not been given. */
  readonly queued: readonly string[];
  /** The reply that is being written; empty between replies. */
  readonly streaming: { readonly text: string; readonly reasoning: string };
  /** Why the model does not answer yet, such as a rate limit. */
  readonly waiting?: { readonly reason: string; readonly retryInMs: number };
  /** Why the conversation can only be read here; absent when commands are taken. */
  readonly readOnly?: { readonly reason: string; readonly message: string };
  readonly isDeleted?: true;
  /** Timestamp of the log since when the present status holds. */
  readonly statusSince: string;
  /** When the latest run began; waiting for an answer does not end it. Empty before the first. */
  readonly runStartedAt: string;
  /** Timestamp of the newest event; empty before the first. */
  readonly lastEventAt: string;
}

const nothingStreaming = { text: "", reasoning: "" };
const maxLiveCharacters = 20_000;

export const initialView: View = {
  lastSeq: -1,
  state: initialState,
  rows: [],
  queued: [],
  streaming: nothingStreaming,
  statusSince: "",
  runStartedAt: "",
  lastEventAt: "",
};

/** The view after `notification`. An event that is already in changes nothing, so a replay cannot draw a row twice. */
export function reduceView(view: View, notification: Notification): View {
  switch (notification.type) {
    case "event.appended":
      return notification.seq <= view.lastSeq ? view : appended(view, notification.seq, notification.event);
    case "delta":
      return {
        ...withoutWaiting(view),
        streaming: {
          text: view.streaming.text + (notification.content ?? ""),
          reasoning: view.streaming.reasoning + (notification.reasoning_content ?? ""),
        },
      };
    case "terminal.output":
      return withAction(view, notification.actionId, (row) => ({
        ...row,
        liveOutput: (row.liveOutput + notification.text).slice(-maxLiveCharacters),
      }));
    case "llm.waiting":
      return { ...view, streaming: nothingStreaming, waiting: { reason: notification.reason, retryInMs: notification.retryInMs } };
    case "access.changed":
      return withAccess(view, notification);
    case "conversation.deleted":
      return { ...settled(view), isDeleted: true };
    case "trouble":
      return withRows(settled(view), {
        type: "error",
        id: `trouble-${view.rows.length}`,
        code: "NotSaved",
        detail: notification.message,
        classification: { kind: "internal", retryable: true, user_action: "retry" },
      });
  }
}

function withAccess(view: View, { access, reason = "in-use", message = "" }: Extract<Notification, { type: "access.changed" }>): View {
  const { readOnly: _, ...rest } = view;
  return access === "write" ? rest : { ...rest, readOnly: { reason, message } };
}

/** The actions that wait for a person's answer. */
export function actionsToConfirm(view: View): readonly ActionEvent[] {
  return view.state.execution_status === "waiting_for_confirmation" ? view.state.pending : [];
}

function appended(view: View, seq: number, event: Event): View {
  const state = reduceState(view.state, event);
  const statusChanged = state.execution_status !== view.state.execution_status;
  const runStarted = statusChanged && state.execution_status === "running" && view.state.execution_status !== "waiting_for_confirmation";
  const base: View = {
    ...view,
    lastSeq: seq,
    state,
    queued: queuedAfter(view, state, event),
    statusSince: statusChanged ? event.timestamp : view.statusSince,
    runStartedAt: runStarted ? event.timestamp : view.runStartedAt,
    lastEventAt: event.timestamp,
  };
  return withRow(base, view, event);
}

/** The model is given all messages when it is asked, which is when nothing is left to be done of what it asked for. */
function queuedAfter({ queued, state: before }: View, state: ConversationState, event: Event): readonly string[] {
  const isAtWork = state.execution_status === "running" || state.execution_status === "waiting_for_confirmation";
  if (!isAtWork) return [];
  if (event.kind === "MessageEvent" && event.source === "user") {
    return before.execution_status === state.execution_status ? [...queued, event.id] : queued;
  }
  const isAskedAgain = event.kind === "MessageEvent" || (before.pending.length > 0 && state.pending.length === 0);
  return isAskedAgain ? [] : queued;
}

function withRow(view: View, before: View, event: Event): View {
  switch (event.kind) {
    case "MessageEvent":
      return withMessage(view, event);
    case "ActionEvent":
      return withRows(settled(view), thoughtRow(event), {
        type: "action",
        id: event.id,
        event,
        liveOutput: "",
        startedAt: event.timestamp,
      });
    case "ObservationEvent":
    case "UserRejectObservation":
      return nextBegins(
        withAction(view, event.action_id, (row) => ({ ...row, result: event, liveOutput: "" })),
        event.timestamp,
      );
    case "AgentErrorEvent":
      return withCall(view, event);
    case "ConversationErrorEvent": {
      const { id, code, detail, classification } = event;
      return withRows(settled(view), { type: "error", id, code, detail, classification });
    }
    case "PauseEvent":
      return withRows(settled(view), { type: "notice", id: event.id, reason: "pause", text: "Paused. Everything done so far is kept." });
    case "InterruptEvent":
      return withRows(settled(view), { type: "notice", id: event.id, reason: "stop", text: interruptText(view.rows) });
    case "Condensation":
      return withRows(settled(view), { type: "notice", id: event.id, reason: "condensed", text: condensedText });
    case "ConversationStateUpdateEvent":
      return withUpdate(restarted(view, before, event.timestamp), event);
    default:
      return view;
  }
}

const condensedText =
  "The older part of the conversation was summarized, because it had become too long for the model. Nothing is lost here.";

function withUpdate(view: View, { id, key, value, parent_id }: ConversationStateUpdateEvent): View {
  if (key === stateKeys.stuckReason && typeof value === "string")
    return withRows(settled(view), { type: "notice", id, reason: "stuck", text: value });
  if (key !== stateKeys.incomplete) return view;
  const rows = view.rows.map((row) => (row.type === "agent" && row.id === parent_id ? { ...row, isCutOff: true as const } : row));
  return { ...view, rows };
}

function withMessage(view: View, event: Extract<Event, { kind: "MessageEvent" }>): View {
  const text = textOf(event.llm_message.content);
  if (event.source === "user") return withRows(view, { type: "user", id: event.id, text });
  if (event.source !== "agent") return view;
  const reasoning = event.llm_message.reasoning_content ?? "";
  const row: Row | undefined = text.trim() || reasoning ? { type: "agent", id: event.id, text, reasoning } : undefined;
  return withRows(settled(view), row);
}

/** What the model said beside its first call is a row of its own, above the action. */
function thoughtRow(event: ActionEvent): Row | undefined {
  const text = textOf(event.thought);
  const reasoning = event.reasoning_content ?? "";
  return text || reasoning ? { type: "agent", id: `${event.id}-thought`, text, reasoning } : undefined;
}

function interruptText(rows: readonly Row[]): string {
  const lastUser = rows.findLastIndex((row) => row.type === "user");
  const steps = rows.slice(lastUser + 1).filter((row) => row.type === "action").length;
  return `Stopped by you after ${steps === 1 ? "1 step" : `${steps} steps`}. The changes are kept.`;
}

/** Actions are done one after the other: the end of one starts the clock of the next. */
function nextBegins(view: View, timestamp: string): View {
  const [next] = view.state.pending;
  return next && view.state.execution_status === "running" ? withAction(view, next.id, (row) => ({ ...row, startedAt: timestamp })) : view;
}

/** An approved action starts its clock when the run starts again. */
function restarted(view: View, before: View, timestamp: string): View {
  const wasWaiting = before.state.execution_status === "waiting_for_confirmation";
  if (view.state.execution_status !== "running" || !wasWaiting) return view.state.execution_status === "running" ? view : settled(view);
  const pending = new Set<string>(view.state.pending.map((action) => action.id));
  const rows = view.rows.map((row) => (row.type === "action" && pending.has(row.id) ? { ...row, startedAt: timestamp } : row));
  return { ...view, rows };
}

/** The events say now what the stream said before. */
function settled(view: View): View {
  return { ...withoutWaiting(view), streaming: nothingStreaming };
}

function withoutWaiting(view: View): View {
  const { waiting: _, ...rest } = view;
  return rest;
}

function withRows(view: View, ...rows: readonly (Row | undefined)[]): View {
  return { ...view, rows: [...view.rows, ...rows.filter((row) => row !== undefined)] };
}

function withAction(view: View, actionId: string, change: (row: ActionRow) => ActionRow): View {
  return changeLast(view, (row) => row.id === actionId, change);
}

function withCall(view: View, event: AgentErrorEvent): View {
  return changeLast(
    view,
    (row) => row.event.tool_call_id === event.tool_call_id && row.result === undefined,
    (row) => ({ ...row, result: event, liveOutput: "" }),
  );
}

function changeLast(view: View, matches: (row: ActionRow) => boolean, change: (row: ActionRow) => ActionRow): View {
  const index = view.rows.findLastIndex((row) => row.type === "action" && matches(row));
  const row = view.rows[index];
  return row?.type === "action" ? { ...view, rows: view.rows.with(index, change(row)) } : view;
}
