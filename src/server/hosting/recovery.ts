import { defaultTimes } from "../../conversation/lease.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { GoalStatus } from "./goals.ts";
import type { Hosting } from "./hosting.ts";

/**
 * Tells the truth in conversations that a server left at work when it was killed (agent-server protocol §7.2): they are opened, which ends what was
 * going in them, and a goal that was worked on is interrupted. All others stay as they are (§10.35).
 */
export async function recoverAll({ goals, options: { sight, host, log } }: Hosting): Promise<void> {
  for (const [id, { state }] of await sight.all()) {
    const goal = GoalStatus.safeParse(state.goal).data;
    const isLeftGoal = goal?.active === true && !goals.isGoing(id);
    if (state.execution_status !== "running" && !isLeftGoal) continue;
    try {
      const { readOnly, state: now } = await host.look(id);
      // It is at work here, or elsewhere.
      if (readOnly !== undefined || now.execution_status === "running") continue;
      if (isLeftGoal)
        await host.handle({ type: "state.set", conversationId: id, key: "goal", value: { ...goal, active: false, status: "interrupted" } });
      log.info("A conversation was at work when its server ended.", { id });
    } catch (error) {
      log.warn("A conversation could not be put right.", { id, error: messageOf(error) });
    }
  }
}

/**
 * Does so once more, for what was held by one whom nobody here can look at, such as a server in a container that was killed: that it has gone is
 * known only when it was silent for long.
 */
export function recoverLater(hosting: Hosting, afterMs = defaultTimes.silenceMs + 5_000): Disposable {
  const again = (): void =>
    void recoverAll(hosting).catch((error: unknown) =>
      hosting.options.log.warn("Conversations were not looked at again.", { error: messageOf(error) }),
    );
  const timer = setTimeout(again, afterMs).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
