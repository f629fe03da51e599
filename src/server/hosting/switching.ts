import { isDeepStrictEqual } from "node:util";
import type { AgentConfig, LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { Meta } from "./meta.ts";

/**
 * With another model from now on (agent-server protocol §10.30, §10.31). A usage id stands for one model as long as the conversation lives: what it
 * was first used for is what it means. A condenser that had the agent's model follows, and any other stays.
 */
export function switchedTo(meta: Meta, wanted: LlmConfig): Meta {
  const { agent, llms = {} } = meta;
  const known = { ...llms, [agent.llm.usage_id]: llms[agent.llm.usage_id] ?? agent.llm };
  const llm = known[wanted.usage_id] ?? wanted;
  return { ...meta, agent: withLlm(agent, llm), llms: { ...known, [llm.usage_id]: llm } };
}

function withLlm(agent: AgentConfig, llm: LlmConfig): AgentConfig {
  const { condenser } = agent;
  const follows = condenser?.llm != null && isSame(condenser.llm, agent.llm);
  if (condenser == null || !follows) return { ...agent, llm };
  return { ...agent, llm, condenser: { ...condenser, llm: { ...llm, usage_id: condenser.llm?.usage_id ?? "condenser" } } };
}

/** Under whichever name its tokens are counted. */
function isSame({ usage_id: _, ...one }: LlmConfig, { usage_id: __, ...other }: LlmConfig): boolean {
  return isDeepStrictEqual(one, other);
}
