import type { Conversation, EventDraft } from "../conversation/conversation.ts";
import { callError, internalFault } from "./calls.ts";
import { statusEvent } from "./run.ts";

/**
 * Tells the truth in a conversation whose host died while it ran (agent-server protocol §7.2): the status becomes `error`, and each
 * action that has no result gets "outcome unknown". Nothing is run again. Any other conversation is left as it is.
 */
export async function recover(conversation: Conversation): Promise<void> {
  const { execution_status, pending } = conversation.state;
  if (execution_status !== "running") return;
  const outcome = "The host ended while this ran, so its outcome is unknown. Look at what is there before you do it again.";
  const unknown = pending.map((action) => callError({ id: action.tool_call_id, name: action.tool_name }, outcome, internalFault));
  const detail = "The window or process that ran this task ended before the task did. Everything until then is kept; send a message to go on.";
  const ended: EventDraft = {
    kind: "ConversationErrorEvent",
    source: "environment",
    code: "HostEnded",
    detail,
    classification: { kind: "internal", retryable: true, user_action: "retry" },
  };
  await conversation.append(...unknown, ended, statusEvent("error"));
}
