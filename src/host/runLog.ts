import type { AgentConversation } from "../agent/maskedConversation.ts";
import type { Log } from "../protocol/log.ts";

/** Says in the log how a run has ended, and after how many milliseconds; nothing of what was said in it. */
export function logEnd(log: Log, { id, state, events }: AgentConversation, ms: number): void {
  const last = events.findLast((event) => event.kind === "ConversationErrorEvent");
  const tookMs = Math.round(ms);
  if (state.execution_status === "error") log.error("a run failed", { id, code: last?.code, tookMs });
  else log.info("a run has ended", { id, status: state.execution_status, tookMs });
}
