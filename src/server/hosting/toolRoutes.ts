import * as z from "zod";
import { registeredTools } from "../../protocol/agentServer/tools.ts";
import type { Routes } from "../routes.ts";

/** `/api/tools/` (agent-server protocol §2.9). */
export function addTools(routes: Routes): void {
  const shape = { summary: "The tools that an agent can be given by name", tag: "Tools", answer: z.array(z.string()) };
  routes.add(["get", "/api/tools"], shape, () => registeredTools);
}
