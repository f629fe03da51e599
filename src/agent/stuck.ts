import { isRead } from "../llm/condensedView.ts";
import { textOf } from "../protocol/content.ts";
import type { ActionEvent, Event } from "../protocol/events.ts";
import type { ActionResult } from "../protocol/view.ts";

/** Whether the agent gets on. `nudge` is for the model to read; `reason` is for the person. */
export type Progress =
  | { readonly kind: "fine" }
  | { readonly kind: "nudge"; readonly text: string }
  | { readonly kind: "stuck"; readonly reason: string };

interface Done {
  readonly action: ActionEvent;
  readonly result: ActionResult;
  /** Equal for the same call with the same result; what the model said beside it does not count. */
  readonly key: string;
}

const window = 20;
const sameResults = 4;
/** Waiting for a silent program is no loop, until it has lasted for minutes. */
const samePolls = 10;
const errorsBeforeNudge = 3;
const alternating = 6;
const monologue = 3;

/**
 * Looks at the last 20 events since the person's last word, or since event `since`, where the present run begins (agent-server protocol
 * §6.4). More than three replies in a row whose calls could not run count as stuck, too (reliability.md LF-11).
 */
export function progressOf(events: readonly Event[], since: number): Progress {
  const recent = recentEvents(events, since);
  if (trailingMessages(recent) >= monologue)
    return stuck("The agent talks and does nothing: it has answered several times in a row without acting.");
  const done = pairs(recent);
  const last = done.at(-1);
  if (last === undefined) return fine;
  const same = trailing(done, ({ key }) => key === last.key);
  const name = last.action.tool_name;
  if (last.result.kind !== "AgentErrorEvent") {
    if (same >= (isPoll(last) ? samePolls : sameResults))
      return stuck(`The agent repeats itself: the same ${name} call had the same result ${same} times.`);
    return alternates(done) ? stuck("The agent goes in circles: two calls alternate and their results do not change.") : fine;
  }
  const failed = new Set(done.slice(done.length - trailing(done, isUnrunnable)).map(({ action }) => action.llm_response_id)).size;
  if (failed > errorsBeforeNudge) return stuck(`The model's last ${failed} calls could not run. The latest: ${last.result.error}`);
  if (same > errorsBeforeNudge) return stuck(`The agent repeats itself: the same ${name} call has failed ${same} times.`);
  if (same === errorsBeforeNudge && recent.at(-1)?.kind !== "MessageEvent")
    return { kind: "nudge", text: nudgeFor(name, last.result.error) };
  return fine;
}

export const fine: Progress = { kind: "fine" };

function stuck(what: string): Progress {
  return { kind: "stuck", reason: `${what} It has stopped, and everything is kept: tell it what to do differently, or let it continue.` };
}

function nudgeFor(tool: string, error: string): string {
  return `Your call of "${tool}" has now failed ${errorsBeforeNudge} times in a row with the same error: ${error}\nDo not send it again. Find out why it fails, or do something else.`;
}

/** Newest last; messages of the environment are kept, because they say that a nudge was given. */
function recentEvents(events: readonly Event[], since: number): Event[] {
  const recent: Event[] = [];
  for (let at = events.length - 1; at >= since && recent.length < window; at--) {
    const event = events[at];
    if (event?.kind === "MessageEvent" && event.source === "user") break;
    if (event && isRead(event)) recent.unshift(event);
  }
  return recent;
}

function trailingMessages(recent: readonly Event[]): number {
  const said = recent.filter(({ kind, source }) => kind !== "MessageEvent" || source === "agent");
  return trailing(said, ({ kind }) => kind === "MessageEvent");
}

function pairs(recent: readonly Event[]): Done[] {
  return recent.flatMap((action) => {
    if (action.kind !== "ActionEvent") return [];
    const result = recent.find((event) => isResultOf(event, action));
    return result
      ? [{ action, result, key: JSON.stringify([action.tool_name, action.action ?? action.tool_call.arguments, wordsOf(result)]) }]
      : [];
  });
}

function isResultOf(event: Event, action: ActionEvent): event is ActionResult {
  switch (event.kind) {
    case "ObservationEvent":
    case "UserRejectObservation":
      return event.action_id === action.id;
    case "AgentErrorEvent":
      return event.tool_call_id === action.tool_call_id;
    default:
      return false;
  }
}

function wordsOf(result: ActionResult): unknown {
  switch (result.kind) {
    case "ObservationEvent":
      return [result.observation.is_error, textOf(result.observation.content)];
    case "UserRejectObservation":
      return result.rejection_reason;
    case "AgentErrorEvent":
      return result.error;
  }
}

function isPoll({ action: { action } }: Done): boolean {
  return action?.kind === "TerminalAction" && action.command === "" && !action.reset;
}

function isUnrunnable({ action }: Done): boolean {
  return !action.action;
}

function alternates(done: readonly Done[]): boolean {
  const last = done.slice(-alternating);
  return last.length === alternating && last[0]?.key !== last[1]?.key && last.slice(2).every(({ key }, index) => key === last[index]?.key);
}

function trailing<Item>(items: readonly Item[], matches: (item: Item) => boolean): number {
  return items.length - 1 - items.findLastIndex((item) => !matches(item));
}
