import type { EventDraft } from "../conversation/conversation.ts";
import type { ActionEvent, Event } from "../protocol/events.ts";

/** Whether the agent asks with this event. */
export function isQuestion(event: Event): boolean {
  return event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" && event.value === "waiting_for_confirmation";
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
