import { AgentConfig, type LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { AgentSettings, CondenserSettings, OpenHandsSettings } from "../../protocol/agentServer/settings.ts";
import { Refusal } from "../answers.ts";

/** The agent that settings describe (§2.7, §5.1). Throws a Refusal (501) for an agent of another program. */
export function agentFromSettings(settings: AgentSettings): AgentConfig {
  if (settings.agent_kind !== "openhands")
    throw new Refusal(
      501,
      "This server runs OpenHands' own agent only, and no agent of another program (ACP). Choose the OpenHands agent.",
    );
  const { llm, mcp_config, agent_context, tool_concurrency_limit, enable_switch_llm_tool: canSwitch } = settings;
  return AgentConfig.parse({
    kind: "Agent",
    llm,
    tools: settings.tools ?? usualTools(settings),
    mcp_config,
    include_default_tools: ["FinishTool", "ThinkTool", ...(canSwitch ? ["SwitchLLMTool"] : [])],
    agent_context,
    condenser: condenserOf(settings.condenser, llm),
    tool_concurrency_limit,
  });
}

function usualTools({ enable_sub_agents: hasSubAgents }: OpenHandsSettings): readonly { readonly name: string }[] {
  const names = ["terminal", "file_editor", "task_tracker", ...(hasSubAgents ? ["task_tool_set"] : [])];
  return names.map((name) => ({ name }));
}

/** Its summaries are counted apart from the agent's own tokens. */
function condenserOf({ enabled, condenser_kind: kind, ...sizes }: CondenserSettings, llm: LlmConfig): object | null {
  if (!enabled || kind === "no_op") return null;
  return { kind: "LLMSummarizingCondenser", llm: { ...llm, usage_id: "condenser" }, ...sizes };
}
