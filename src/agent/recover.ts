import type { Conversation, EventDraft } from "../conversation/conversation.ts";
import type { Damage } from "../conversation/eventLog.ts";
import { unknownOutcomes } from "./calls.ts";
import { statusEvent } from "./endings.ts";

/**
 * Tells the truth in a conversation whose host died while it ran, or whose log was damaged (agent-server protocol §7.2): a status of
 * `running` becomes `error`, and each action that has no result and is not being asked about gets "outcome unknown". Nothing is run
 * again. Any other conversation is left as it is. One that was taken over from a host that runs it is paused: nothing has failed.
 */
export async function recover(conversation: Conversation, { isTakenOver = false } = {}): Promise<void> {
  const { state, damage } = conversation;
  const ended = state.execution_status === "running" ? (isTakenOver ? paused : died) : [];
  const told = damage ? [problem("LogDamaged", damageSentence(damage))] : [];
  // What else lacks a result gets one when it runs again: nothing is written where nothing has happened.
  if (told.length + ended.length > 0) await conversation.append(...unknownOutcomes(state), ...told, ...ended);
}

const hostEnded =
  "The window or process that ran this task ended before the task did. Everything until then is kept; send a message to go on.";
const died: readonly EventDraft[] = [problem("HostEnded", hostEnded), statusEvent("error")];
const paused: readonly EventDraft[] = [statusEvent("paused"), { kind: "PauseEvent", source: "environment" }];

function damageSentence({ keptIn }: Damage): string {
  const kept = keptIn === undefined ? "" : ` What could not be read is kept in ${keptIn}.`;
  return `A part of this conversation could not be read and is missing here.${kept} The rest is whole; send a message to go on.`;
}

function problem(code: string, detail: string): EventDraft {
  return {
    kind: "ConversationErrorEvent",
    source: "environment",
    code,
    detail,
    classification: { kind: "internal", retryable: true, user_action: "retry" },
  };
}
