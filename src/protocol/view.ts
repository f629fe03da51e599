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
import { condensationNotice, hookNotice, interruptText, type NoticeText, wentBackText } from "./noticeTexts.ts";
import { mostLiveCharacters, type Notification } from "./notifications.ts";
import { type ConversationState, initialState, reduceState, stateKeys } from "./state.ts";
import { nothingStreaming, ViewDraft } from "./viewDraft.ts";

/** What came of an action. */
export type ActionResult = ObservationEvent | UserRejectObservation | AgentErrorEvent;

/** One thing that the chat view and the command line show, in the order of the log. `id` is the event's. */
export type Row =
  | { readonly type: "user"; readonly id: string; readonly text: string; readonly images: readonly string[] }
  | AgentRow
  | ActionRow
  | { readonly type: "error"; readonly id: string; readonly code: string; readonly detail: string; readonly classification: Classification }
  | NoticeRow;

export interface NoticeRow extends NoticeText {
  readonly type: "notice";
  readonly id: string;
  /** With `condensed`, the summary is what the model reads instead of the older part; with `hook`, what it wrote. */
  readonly reason: "pause" | "stop" | "stuck" | "condensed" | "hook" | "back";
}

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
  /** Raw terminal text of the running action: the tail, at most `mostLiveCharacters`. */
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
  /** The sandbox has gone: what happened, what is kept and what to do. Absent again when a run begins. */
  readonly lost?: string;
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
  const draft = new ViewDraft({ ...initialView, firstSeq, lastSeq: firstSeq - 1 });
  for (const [index, event] of events.entries()) append(draft, firstSeq + index, event);
  return { ...draft.done(), state };
}

/** `view` with the rows of `events` before its own; the last of them is the one before `view.firstSeq`. Any others change nothing. */
export function withEarlier(view: View, firstSeq: number, events: readonly Event[]): View {
  if (events.length === 0 || firstSeq + events.length !== view.firstSeq) return view;
  const earlier = new ViewDraft(viewOf({ state: view.state, firstSeq, events }));
  for (const event of view.orphans) addRows(earlier, view.state, event);
  const { rows, orphans } = earlier.done();
  return { ...view, firstSeq, rows: [...rows, ...view.rows], orphans };
}

/** The view after `notification`. An event that is already in changes nothing, so a replay cannot draw a row twice. */
export function reduceView(view: View, notification: Notification): View {
  switch (notification.type) {
    case "event.appended": {
      if (notification.seq <= view.lastSeq) return view;
      return changed(view, (draft) => append(draft, notification.seq, notification.event));
    }
    case "delta": {
      const { waiting: _, ...rest } = view;
      const { text, reasoning } = view.streaming;
      const { content = "", reasoning_content = "" } = notification;
      return { ...rest, streaming: { text: text + content, reasoning: reasoning + reasoning_content } };
    }
    case "terminal.output":
      return changed(view, (draft) =>
        draft.changeAction(
          (row) => row.id === notification.actionId,
          (row) => ({ ...row, liveOutput: (row.liveOutput + notification.text).slice(-mostLiveCharacters) }),
        ),
      );
    case "llm.waiting":
      return { ...view, streaming: nothingStreaming, waiting: { reason: notification.reason, retryInMs: notification.retryInMs } };
    case "runtime.phase":
      return changed(view, (draft) => draft.say("phase", notification.phase));
    case "runtime.lost":
      return changed(view, (draft) => draft.say("lost", notification.message));
    case "access.changed":
      return withAccess(view, notification);
    case "state.changed":
      return { ...view, state: { ...view.state, ...notification.state } };
    case "conversation.deleted":
      return { ...changed(view, (draft) => draft.settle()), isDeleted: true };
    case "trouble":
      return changed(view, (draft) => addTrouble(draft, notification.message));
  }
}

/** The actions that wait for a person's answer; none while the server that would take it is gone. */
export function actionsToConfirm(view: View): readonly ActionEvent[] {
  if (view.readOnly?.reason === "server-gone") return [];
  return view.state.execution_status === "waiting_for_confirmation" ? view.state.pending : [];
}

function withAccess(view: View, { access, reason = "in-use", message = "" }: Extract<Notification, { type: "access.changed" }>): View {
  const { readOnly: _, ...rest } = view;
  // What was passing by here has ended when another writes.
  return access === "write" ? rest : { ...changed(rest, (draft) => draft.settle()), readOnly: { reason, message } };
}

function changed(view: View, change: (draft: ViewDraft) => unknown): View {
  const draft = new ViewDraft(view);
  change(draft);
  return draft.done();
}

function addTrouble(draft: ViewDraft, detail: string): void {
  draft.settle();
  const id = `trouble-${draft.view.rows.length}`;
  const classification: Classification = { kind: "internal", retryable: true, user_action: "retry" };
  draft.add({ type: "error", id, code: "NotSaved", detail, classification });
}

function append(draft: ViewDraft, seq: number, event: Event): void {
  const { view } = draft;
  const before = view.state;
  view.lastSeq = seq;
  view.state = reduceState(before, event);
  view.lastEventAt = event.timestamp;
  addRows(draft, before, event);
}

/** What the event shows, in a draft that has its state already; `before` is the state before it. */
function addRows(draft: ViewDraft, before: ConversationState, event: Event): void {
  switch (event.kind) {
    case "MessageEvent":
      return addMessage(draft, event);
    case "ActionEvent": {
      draft.settle();
      const { id, timestamp: startedAt } = event;
      return draft.add(thoughtRow(event), { type: "action", id, event, liveOutput: "", startedAt });
    }
    case "ObservationEvent":
    case "UserRejectObservation":
      tell(draft, event, (row) => row.id === event.action_id);
      return nextBegins(draft, event.timestamp);
    case "AgentErrorEvent":
      return tell(draft, event, (row) => row.event.tool_call_id === event.tool_call_id && row.result === undefined);
    case "ConversationErrorEvent": {
      const { id, code, detail, classification } = event;
      draft.settle();
      return draft.add({ type: "error", id, code, detail, classification });
    }
    case "PauseEvent":
      return addNotice(draft, { id: event.id, reason: "pause", text: "Paused. Everything done so far is kept." });
    case "InterruptEvent":
      return addNotice(draft, { id: event.id, reason: "stop", text: interruptText(before.progress.actions) });
    case "Condensation":
      return addNotice(draft, { id: event.id, reason: "condensed", ...condensationNotice(event) });
    case "HookExecutionEvent":
      return addNotice(draft, { id: event.id, reason: "hook", ...hookNotice(event) });
    case "ConversationStateUpdateEvent":
      restart(draft, before, event.timestamp);
      return update(draft, event);
    default:
      return undefined;
  }
}

function addNotice(draft: ViewDraft, notice: Omit<NoticeRow, "type">): void {
  draft.settle();
  draft.add({ type: "notice", ...notice });
}

function update(draft: ViewDraft, event: ConversationStateUpdateEvent): void {
  const { id, key, value, parent_id } = event;
  if (key === stateKeys.stuckReason && typeof value === "string") return addNotice(draft, { id, reason: "stuck", text: value });
  if (key === stateKeys.head) return addNotice(draft, { id, reason: "back", text: wentBackText });
  if (key !== stateKeys.incomplete) return;
  const isThere = draft.changeRow(
    (row) => row.type === "agent" && row.id === parent_id,
    (row) => (row.type === "agent" ? { ...row, isCutOff: true } : row),
  );
  if (!isThere) draft.addOrphan(event);
}

function addMessage(draft: ViewDraft, event: Extract<Event, { kind: "MessageEvent" }>): void {
  const { content } = event.llm_message;
  const text = textOf(content);
  if (isUserMessage(event)) {
    const images = content.flatMap((part) => (part.type === "image" ? part.image_urls : []));
    return draft.add({ type: "user", id: event.id, text, images });
  }
  if (event.source !== "agent") return;
  const reasoning = event.llm_message.reasoning_content ?? "";
  draft.settle();
  if (text.trim() || reasoning) draft.add(agentRow(event.id, text, reasoning, event.reasoning_ms));
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

/** Actions are done one after the other: the end of one starts the clock of the next. */
function nextBegins(draft: ViewDraft, timestamp: string): void {
  const { pending, execution_status } = draft.view.state;
  if (execution_status === "running") begin(draft, pending.slice(0, 1), timestamp);
}

/** An approved action starts its clock when the run starts again. */
function restart(draft: ViewDraft, before: ConversationState, timestamp: string): void {
  const { execution_status, pending } = draft.view.state;
  if (execution_status === "running") draft.say("lost", "");
  if (execution_status !== "running") draft.settle();
  else if (before.execution_status === "waiting_for_confirmation") begin(draft, pending, timestamp);
}

function begin(draft: ViewDraft, actions: readonly ActionEvent[], startedAt: string): void {
  for (const { id } of actions)
    draft.changeAction(
      (row) => row.id === id,
      (row) => ({ ...row, startedAt }),
    );
}

/** An action's result; when the row is not loaded, it waits for it. */
function tell(draft: ViewDraft, result: ActionResult, fits: (row: ActionRow) => boolean): void {
  if (!draft.changeAction(fits, (row) => ({ ...row, result, liveOutput: "" }))) draft.addOrphan(result);
}
