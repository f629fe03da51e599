import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionRow, View } from "../protocol/view.ts";
import { isLimit } from "./raisedLimits.ts";

/** What goes on, in words. `since` is a timestamp of the log from which the seconds are counted. */
export interface Status {
  readonly kind: "busy" | "asking" | "paused" | "done" | "failed";
  /** A codicon's name; empty while the progress line speaks. */
  readonly icon: string;
  readonly text: string;
  /** In code font, after the text. */
  readonly target?: string;
  readonly since?: string;
  /** Already counted, such as how long the whole run took. */
  readonly took?: { readonly from: string; readonly to: string };
}

/** The status of the conversation in `view`; undefined while nothing goes on and the view says elsewhere what can be done. */
export function statusOf(view: View, displayOf: (row: ActionRow) => ActionDisplay): Status | undefined {
  if (view.isDeleted) return undefined;
  if (isAway(view)) return lastKnown(view);
  if (view.phase !== undefined) return { kind: "busy", icon: "", text: view.phase, since: view.lastEventAt };
  switch (view.state.execution_status) {
    case "idle":
    case "deleting":
      return isRejected(view) ? { kind: "paused", icon: "circle-slash", text: "Rejected. Say what to do instead." } : undefined;
    case "running":
      return runningStatus(view, displayOf);
    case "waiting_for_confirmation":
      return { kind: "asking", icon: "question", text: "Waiting for your answer", since: view.state.progress.statusSince };
    case "paused":
      return isStopped(view)
        ? { kind: "paused", icon: "circle-slash", text: "Stopped" }
        : { kind: "paused", icon: "debug-pause", text: "Paused" };
    case "finished":
      return { kind: "done", icon: "check", text: "Finished", ...tookOf(view) };
    case "error":
      return isAtLimit(view)
        ? { kind: "failed", icon: "warning", text: "Limit reached", ...tookOf(view) }
        : { kind: "failed", icon: "error", text: "Failed", ...tookOf(view) };
    case "stuck":
      return { kind: "failed", icon: "warning", text: "Stuck", ...tookOf(view) };
  }
}

/** No time is counted, because nobody knows what goes on. */
function lastKnown({ state }: View): Status | undefined {
  const words = lastWords[state.execution_status];
  return words === undefined ? undefined : { kind: "paused", icon: "history", text: `Last known: ${words}` };
}

const lastWords: Readonly<Partial<Record<View["state"]["execution_status"], string>>> = {
  running: "running",
  waiting_for_confirmation: "waiting for you",
  paused: "paused",
  finished: "finished",
  error: "failed",
  stuck: "stuck",
};

/** Whether there is something to continue here. */
export function canContinue(view: View): boolean {
  if (!isWritable(view)) return false;
  return view.state.execution_status === "paused" || view.state.execution_status === "stuck";
}

/** Whether there is a run that can be ended here, or that is about to begin. */
export function canStop(view: View): boolean {
  const { execution_status } = view.state;
  return (
    isWritable(view) && (view.phase !== undefined || execution_status === "running" || execution_status === "waiting_for_confirmation")
  );
}

/** Whether this conversation takes commands from here. */
export function isWritable(view: View): boolean {
  return view.readOnly === undefined && view.isDeleted === undefined;
}

/** Whether its server is gone, so that what is shown is what was known last. */
export function isAway(view: View): boolean {
  return view.readOnly?.reason === "server-gone";
}

function runningStatus(view: View, displayOf: (row: ActionRow) => ActionDisplay): Status {
  if (view.waiting !== undefined) return { kind: "busy", icon: "", text: "Waiting for the model" };
  const running = runningAction(view);
  if (running !== undefined) {
    const { verb, target } = displayOf(running);
    return { kind: "busy", icon: "", text: verb, target, since: running.startedAt };
  }
  if (view.streaming.text !== "") return { kind: "busy", icon: "", text: "Writing…" };
  if (view.streaming.reasoning !== "") return { kind: "busy", icon: "", text: "Thinking…", since: view.lastEventAt };
  return { kind: "busy", icon: "", text: "Waiting for the model", since: view.lastEventAt };
}

function runningAction(view: View): ActionRow | undefined {
  const first = view.state.pending[0]?.id;
  const row = first === undefined ? undefined : view.rows.findLast((candidate) => candidate.id === first);
  return row?.type === "action" ? row : undefined;
}

function isStopped(view: View): boolean {
  const last = view.rows.findLast((row) => (row.type === "notice" && row.reason !== "hook") || row.type === "user");
  return last?.type === "notice" && last.reason === "stop";
}

/** The run has ended at something that the person can raise. */
function isAtLimit(view: View): boolean {
  const last = view.rows.findLast((row) => row.type === "error");
  return last?.type === "error" && isLimit(last.code);
}

/** The agent was told no, and waits to be told what else. */
function isRejected(view: View): boolean {
  const last = view.rows.at(-1);
  return last?.type === "action" && last.result?.kind === "UserRejectObservation";
}

function tookOf(view: View): Pick<Status, "took"> {
  return view.state.progress.runStartedAt === ""
    ? {}
    : { took: { from: view.state.progress.runStartedAt, to: view.state.progress.statusSince } };
}
