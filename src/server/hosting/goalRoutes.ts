import { ConversationPath, GoalRequest, Success } from "../../protocol/agentServer/conversations.ts";
import type { Routes } from "../routes.ts";
import type { Hosting } from "./hosting.ts";

const tag = "Conversations";
const success = { success: true };
const path = "/api/conversations/:conversation_id/goal";

/** Goals: the agent runs and is judged until one is reached (agent-server protocol §2.2, §10.69). */
export function addGoals(routes: Routes, hosting: Hosting): void {
  const { goals } = hosting;
  const shape = { tag, params: ConversationPath, answer: Success };
  const start = { ...shape, summary: "Work until a goal is reached", body: GoalRequest, refuses: [400, 404, 409] as const };
  routes.add(["post", path], start, async ({ params: { conversation_id: id }, body }) => {
    await hosting.require(id);
    await goals.start(id, body.objective, body.max_iterations);
    return success;
  });
  const stop = { ...shape, summary: "Do not go on with the goal", refuses: [404] as const };
  routes.add(["post", `${path}/stop`], stop, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id);
    await goals.stop(id);
    return success;
  });
  const resume = { ...shape, summary: "Go on with the goal that was interrupted", refuses: [400, 404, 409] as const };
  routes.add(["post", `${path}/resume`], resume, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id);
    await goals.resume(id);
    return success;
  });
}
