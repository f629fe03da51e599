import { messageOf } from "../../protocol/thrown.ts";
import { GoalStatus } from "./goals.ts";
import type { Hosting } from "./hosting.ts";

/**
 * Tells the truth in conversations that a server left at work when it was killed (agent-server protocol §7.2): they are opened, which ends what was
 * going in them, and a goal that was worked on is interrupted. All others stay as they are (§10.35).
 */
export async function recoverAll({ options: { sight, host, log } }: Hosting): Promise<void> {
  for (const [id, { state }] of await sight.all()) {
    const goal = GoalStatus.safeParse(state.goal).data;
    if (state.execution_status !== "running" && goal?.active !== true) continue;
    try {
      const { readOnly } = await host.look(id);
      if (readOnly !== undefined) continue;
      if (goal?.active)
        await host.handle({ type: "state.set", conversationId: id, key: "goal", value: { ...goal, active: false, status: "interrupted" } });
      log.info("A conversation was at work when its server ended.", { id });
    } catch (error) {
      log.warn("A conversation could not be put right.", { id, error: messageOf(error) });
    }
  }
}
