import { setTimeout as sleep } from "node:timers/promises";
import { ConversationPath, Success } from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ExecutionStatus } from "../../protocol/state.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import type { Hosting } from "./hosting.ts";

const tag = "Conversations";
const success = { success: true };
/** So long an interrupt is waited for; what hangs ends later. */
const mostInterruptMs = 5_000;

/** `run`, `pause` and `interrupt` (agent-server protocol §2.2). */
export function addRuns(routes: Routes, hosting: Hosting): void {
  const { host } = hosting;
  const shape = (summary: string) => ({ summary, tag, params: ConversationPath, answer: Success });
  const starting = new Set<ConversationId>();
  routes.add(
    ["post", "/api/conversations/:conversation_id/run"],
    shape("Let the agent work"),
    async ({ params: { conversation_id: id } }) => {
      const { state } = await hosting.look(id);
      if (state.execution_status === "running" || starting.has(id)) throw new Refusal(409, "The agent works already.");
      if (state.execution_status === "waiting_for_confirmation") {
        // To run what waits is to allow it.
        const actionIds = state.pending.map((action) => action.id);
        await host.handle({ type: "confirmation.respond", conversationId: id, accept: true, actionIds });
        return success;
      }
      starting.add(id);
      await started(hosting, id, state.execution_status).finally(() => starting.delete(id));
      return success;
    },
  );
  routes.add(
    ["post", "/api/conversations/:conversation_id/pause"],
    shape("Pause after the step"),
    async ({ params: { conversation_id: id } }) => {
      await hosting.require(id, 400);
      await host.handle({ type: "run.pause", conversationId: id });
      return success;
    },
  );
  routes.add(
    ["post", "/api/conversations/:conversation_id/interrupt"],
    shape("Stop at once"),
    async ({ params: { conversation_id: id } }) => {
      await hosting.require(id, 400);
      const wait = new AbortController();
      const stopped = host.handle({ type: "run.interrupt", conversationId: id });
      await Promise.race([stopped, sleep(mostInterruptMs, undefined, { signal: wait.signal, ref: false }).catch(() => undefined)]);
      wait.abort();
      return success;
    },
  );
}

/** So long the begin of a run is waited for: what a container needs to start comes later. */
const mostStartMs = 1_000;

/** Resolves when the status that was is not there any more, so that nobody takes it for the end of this run; or after a while. */
async function started({ host }: Hosting, id: ConversationId, before: ExecutionStatus): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _listening = await host.follow(id, { limit: 0 }, (notification) => {
    if (notification.type !== "event.appended" || notification.event.kind !== "ConversationStateUpdateEvent") return;
    if (notification.event.key === "execution_status" && notification.event.value !== before) resolve();
  });
  await host.handle({ type: "run.start", conversationId: id });
  const timer = setTimeout(resolve, mostStartMs);
  // What does not begin at all is settled at once.
  await Promise.race([promise, host.settled(id)]);
  clearTimeout(timer);
}
