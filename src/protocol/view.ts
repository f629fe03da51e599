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
import { isUserMessage } from "./events.ts";
import type { Notification } from "./notifications.ts";
import { type ConversationState, initialState, reduceState, stateKeys } from "./state.ts";

/** What came of an action. */
export type ActionResult = ObservationEvent | UserRejectObservation | AgentErrorEvent;

/** One thing that the chat view and the command line show, in the order of the log. `id` is the event's. */
export type Row =
  | { readonly type: "user"; readonly id: string; readonly text: string; readonly images: readonly string[] }
  | AgentRow
  | ActionRow
  | { readonly type: "error"; readonly id: string; readonly code: string; readonly detail: string; readonly classification: Classification }
  | { readonly type: "notice"; readonly id: string; readonly reason: "pause" | "stop" | "stuck" | "condensed"; readonly text: string };

export interface AgentRow {
  readonly type: "agent";
  readonly id: string;
  readonly text: string;
  readonly reasoning: string;
  /** For how long it thought before it answered, where that is known. */
  readonly reasoningMs?: number;
  readonly isCutOff?: true;
}

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

/**
 * All that a door shows of one conversation: a pure fold of its notifications, from the first event or from a later one on. The state is that of
 * the whole conversation in either case; rows are there for the events from `firstSeq` on.
 */
export interface View {
  /** `seq` of the oldest event that has its rows here; 0 when nothing is left to be loaded. */
  readonly firstSeq: number;
  /** `seq` of the newest event that is in; -1 before the first. Subscribe with it to go on. */
  readonly lastSeq: number;
  readonly state: ConversationState;
  readonly rows: readonly Row[];
  /** Events that say more of rows which are not loaded. */
  readonly orphans: readonly Event[];
  /** The reply that is being written; empty between replies. */
  readonly streaming: { readonly text: string; readonly reasoning: string };
  /** Why the model does not answer yet, such as a rate limit. */
  readonly waiting?: { readonly reason: string; readonly retryInMs: number };
  /** What is being made ready before the agent can act, such as the terminal; absent when it is. */
  readonly phase?: string;
  /** Why the conversation can only be read here; absent when commands are taken. */
  readonly readOnly?: { readonly reason: string; readonly message: string };
  readonly isDeleted?: true;
  /** Timestamp of the newest event; empty before the first. */
  readonly lastEventAt: string;
}

/** The newest part of a conversation: the state after all its events, and those from `firstSeq` on. */
export interface Snapshot {
  readonly state: ConversationState;
  readonly firstSeq: number;
  readonly events: readonly Event[];
}

const nothingStreaming = { text: "", reasoning: "" };
const maxLiveCharacters = 20_000;

export const initialView: View = {
  firstSeq: 0,
  lastSeq: -1,
  state: initialState,
  rows: [],
  orphans: [],
  streaming: nothingStreaming,
  lastEventAt: "",
};

/** A view of the newest part; older ones can be put before it. */
export function viewOf({ state, firstSeq, events }: Snapshot): View {
  const blank: View = { ...initialView, firstSeq, lastSeq: firstSeq - 1 };
  const view = events.reduce((before, event, index) => appended(before, firstSeq + index, event), blank);
  return { ...view, state };
}

/** `view` with the rows of `events` before its own; the last of them is the one before `view.firstSeq`. Any others change nothing. */
export function withEarlier(view: View, firstSeq: number, events: readonly Event[]): View {
  if (events.length === 0 || firstSeq + events.length !== view.firstSeq) return view;
  const earlier = viewOf({ state: view.state, firstSeq, events });
  const { rows, orphans } = view.orphans.reduce((before, event) => withRow(before, before, event), earlier);
  return { ...view, firstSeq, rows: [...rows, ...view.rows], orphans };
}

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
    case "runtime.phase": {
      const { phase: _, ...rest } = view;
      return notification.phase === "" ? rest : { ...rest, phase: notification.phase };
    }
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
  const base: View = { ...view, lastSeq: seq, state: reduceState(view.state, event), lastEventAt: event.timestamp };
  return withRow(base, view, event);
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
        told(view, event, (row) => row.id === event.action_id, { result: event, liveOutput: "" }),
        event.timestamp,
      );
    case "AgentErrorEvent":
      return told(view, event, (row) => row.event.tool_call_id === event.tool_call_id && row.result === undefined, {
        result: event,
        liveOutput: "",
      });
    case "ConversationErrorEvent": {
      const { id, code, detail, classification } = event;
      return withRows(settled(view), { type: "error", id, code, detail, classification });
    }
    case "PauseEvent":
      return withRows(settled(view), { type: "notice", id: event.id, reason: "pause", text: "Paused. Everything done so far is kept." });
    case "InterruptEvent":
      return withRows(settled(view), { type: "notice", id: event.id, reason: "stop", text: interruptText(before.state.progress.actions) });
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

function withUpdate(view: View, event: ConversationStateUpdateEvent): View {
  const { id, key, value, parent_id } = event;
  if (key === stateKeys.stuckReason && typeof value === "string")
    return withRows(settled(view), { type: "notice", id, reason: "stuck", text: value });
  if (key !== stateKeys.incomplete) return view;
  const index = view.rows.findLastIndex((row) => row.type === "agent" && row.id === parent_id);
  const row = view.rows[index];
  if (row?.type !== "agent") return withOrphan(view, event);
  return { ...view, rows: view.rows.with(index, { ...row, isCutOff: true }) };
}

function withMessage(view: View, event: Extract<Event, { kind: "MessageEvent" }>): View {
  const { content } = event.llm_message;
  const text = textOf(content);
  if (isUserMessage(event)) {
    const images = content.flatMap((part) => (part.type === "image" ? part.image_urls : []));
    return withRows(view, { type: "user", id: event.id, text, images });
  }
  if (event.source !== "agent") return view;
  const reasoning = event.llm_message.reasoning_content ?? "";
  const row = text.trim() || reasoning ? agentRow(event.id, text, reasoning, event.reasoning_ms) : undefined;
  return withRows(settled(view), row);
}

/** What the model said beside its first call is a row of its own, above the action. */
function thoughtRow(event: ActionEvent): Row | undefined {
  const text = textOf(event.thought);
  const reasoning = event.reasoning_content ?? "";
  return text || reasoning ? agentRow(`${event.id}-thought`, text, reasoning, event.reasoning_ms) : undefined;
}

function agentRow(id: string, text: string, reasoning: string, reasoningMs: number | undefined): AgentRow {
  return { type: "agent", id, text, reasoning, ...(reasoningMs === undefined ? {} : { reasoningMs }) };
}

function interruptText(steps: number): string {
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

/** A row's result; when the row is not loaded, it waits for it. */
function told(view: View, event: Event, matches: (row: ActionRow) => boolean, change: Partial<ActionRow>): View {
  const next = changeLast(view, matches, (row) => ({ ...row, ...change }));
  return next === view ? withOrphan(view, event) : next;
}

function withOrphan(view: View, event: Event): View {
  return view.firstSeq === 0 || view.orphans.includes(event) ? view : { ...view, orphans: [...view.orphans, event] };
}

function changeLast(view: View, matches: (row: ActionRow) => boolean, change: (row: ActionRow) => ActionRow): View {
  const index = view.rows.findLastIndex((row) => row.type === "action" && matches(row));
  const row = view.rows[index];
  return row?.type === "action" ? { ...view, rows: view.rows.with(index, change(row)) } : view;
}
