import { type EventDraft, stateUpdate } from "../conversation/stamp.ts";
import { classify, LlmError } from "../llm/llmError.ts";
import { cutOffWords } from "../protocol/display.ts";
import type { Classification } from "../protocol/events.ts";
import { type ConversationState, type ExecutionStatus, stateKeys } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { callError, unknownOutcome } from "./calls.ts";
import { LimitReached } from "./limits.ts";

/** The reason of an interrupt that no person asked for: the process is about to end. */
export class HostClosing extends Error {
  override readonly name = "HostClosing";
}

/** The person has stopped it. */
export const interrupted: EventDraft = { kind: "InterruptEvent", source: "user" };

export function statusEvent(status: ExecutionStatus): EventDraft {
  return stateUpdate("execution_status", status);
}

export function stuckEvents(reason: string): EventDraft[] {
  return [stateUpdate(stateKeys.stuckReason, reason), statusEvent("stuck")];
}

/** Every call that has no result yet gets one, so that the next message to the model is a valid one. */
export function interruptedEvents({ pending }: ConversationState, reason: unknown): EventDraft[] {
  const isClosing = reason instanceof HostClosing;
  const error = isClosing
    ? "The host was closed before this was done; look at what is there."
    : `${cutOffWords} by the person before it was done.`;
  const cut = pending.map((action) => callError(action, error));
  const last: EventDraft = isClosing ? { kind: "PauseEvent", source: "environment" } : interrupted;
  return [...cut, statusEvent("paused"), last];
}

/** The last events of a run that failed, that reached a limit, or that could not begin. */
export function failedEvents({ pending }: ConversationState, error: unknown): EventDraft[] {
  const cut = pending.map((action) =>
    error instanceof LimitReached
      ? callError(action, `${cutOffWords} before it was done, because the run had reached a limit.`)
      : unknownOutcome(action),
  );
  const detail = messageOf(error);
  const [code, classification] = judge(error);
  return [...cut, { kind: "ConversationErrorEvent", source: "environment", code, detail, classification }, statusEvent("error")];
}

/** The last events of a run that could not begin because there is nowhere to act. */
export function notOpenedEvents({ pending }: ConversationState, { message: detail }: RuntimeError): EventDraft[] {
  const code = "RuntimeNotOpened";
  const event: EventDraft = { kind: "ConversationErrorEvent", source: "environment", code, detail, classification: canBeRetried };
  return [...pending.map(unknownOutcome), event, statusEvent("error")];
}

const canBeRetried: Classification = { kind: "internal", retryable: true, user_action: "retry" };

function judge(error: unknown): readonly [string, Classification] {
  if (error instanceof RuntimeError) return ["RuntimeLost", canBeRetried];
  if (error instanceof LlmError) return [error.code, classify(error)];
  if (!(error instanceof LimitReached)) return ["InternalError", canBeRetried];
  const isMoney = error.code === "MaxBudgetReached";
  return [
    error.code,
    isMoney
      ? { kind: "quota", retryable: false, user_action: "settings" }
      : { kind: "agent_action", retryable: false, user_action: "none" },
  ];
}
