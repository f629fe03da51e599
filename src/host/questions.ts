import type { EventDraft } from "../conversation/conversation.ts";
import type { ActionEvent, Event } from "../protocol/events.ts";

/** Whether the agent asks with this event. */
export function isQuestion(event: Event): boolean {
  return statusIn(event) === "waiting_for_confirmation";
}

/** Whether a run says with it that it works. */
export function isBeginning(event: Event): boolean {
  return statusIn(event) === "running";
}

/** Whether a run has come to its end with it. */
export function isEnding(event: Event): boolean {
  return statusIn(event) !== undefined && !isBeginning(event);
}

function statusIn(event: Event): unknown {
  return event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" ? event.value : undefined;
}

/** Whether an answer for `ids` is one for exactly these actions. */
export function isAnswerFor(ids: readonly string[], actions: readonly ActionEvent[]): boolean {
  const asked = new Set<string>(actions.map((action) => action.id));
  return asked.size === new Set(ids).size && ids.every((id) => asked.has(id));
}

export function rejections(actions: readonly ActionEvent[], reason: string): EventDraft[] {
  return actions.map((action) => ({
    kind: "UserRejectObservation",
    source: "environment",
    tool_name: action.tool_name,
    tool_call_id: action.tool_call_id,
    action_id: action.id,
    rejection_reason: reason,
    rejection_source: "user",
  }));
}
