import { skillsOf } from "../../agent/skills/skillsParts.ts";
import type { AgentParts, CondenserParts } from "../../host/agentParts.ts";
import type { AgentConfig, CondenserConfig } from "../../protocol/agentServer/agent.ts";
import { type RegisteredTool, registeredTools } from "../../protocol/agentServer/tools.ts";
import type { Event } from "../../protocol/events.ts";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import { clientTool } from "../../tools/clientTool.ts";
import { fileEditorTool } from "../../tools/fileEditor.ts";
import { finishTool } from "../../tools/finish.ts";
import { globTool, grepTool } from "../../tools/search.ts";
import { taskTrackerTool } from "../../tools/taskTracker.ts";
import { terminalTool } from "../../tools/terminal.ts";
import { thinkTool } from "../../tools/think.ts";
import type { Tool } from "../../tools/tool.ts";
import { configuredServer, configuredServers } from "../mcp/configuredServers.ts";
import { hiddenTextsOf } from "../mcp/secretsOfServer.ts";
import { filtered } from "../toolFilter.ts";
import type { Meta } from "./meta.ts";

/** What makes the agent that clients have asked for (agent-server protocol §2.2). `secrets` are the values of its secrets, by name. */
export function agentPartsOf(meta: Meta, secrets: Readonly<Record<string, string>>): AgentParts {
  const { agent, stuck_detection: stuckDetection, system_message_suffix_append: added, hook_config: hooks } = meta;
  const suffix = [agent.agent_context?.system_message_suffix, added].filter((part) => part != null && part !== "").join("\n\n");
  return {
    tools: (events, info) => toolsOf(meta, events, info),
    condenser: agent.condenser == null ? null : condenserOf(agent.condenser),
    stuckDetection,
    secrets,
    llm: agent.llm,
    skills: skillsOf(agent.agent_context),
    ...(suffix === "" ? {} : { systemMessageSuffix: suffix }),
    ...(agent.system_prompt ? { systemPrompt: agent.system_prompt } : {}),
    ...(hooks == null ? {} : { hooks }),
    ...serversOf(meta),
  };
}

type Make = (events: readonly Event[], info: RuntimeInfo) => readonly Tool[];

/** All that can be had by name; where no command can run there is no terminal. */
const registered: Readonly<Record<RegisteredTool, Make>> = {
  terminal: (_events, { shell }) => (shell === null ? [] : [terminalTool()]),
  file_editor: () => [fileEditorTool()],
  task_tracker: (events) => [taskTrackerTool(events)],
  glob: () => [globTool],
  grep: () => [grepTool],
};

/** By their classes' names, as an agent's `include_default_tools` has them. */
const builtIn: Readonly<Record<string, Tool>> = { FinishTool: finishTool, ThinkTool: thinkTool };

function toolsOf({ agent, client_tools }: Meta, events: readonly Event[], info: RuntimeInfo): readonly Tool[] {
  const named = [...new Set(agent.tools.map(({ name }) => name))].flatMap((name) =>
    isRegistered(name) ? registered[name](events, info) : [],
  );
  const builtIns = agent.include_default_tools.flatMap((name) => builtIn[name] ?? []);
  return [...filtered([...named, ...client_tools.map(clientTool)], agent.filter_tools_regex), ...builtIns];
}

/** Its MCP servers. No tool of theirs is called as one that the agent could have besides. */
function serversOf({ agent, client_tools }: Meta): Pick<AgentParts, "toolServers" | "hidden"> {
  const servers = configuredServers(agent.mcp_config);
  if (Object.keys(servers).length === 0) return {};
  const own = Object.values(builtIn).map(({ name }) => name);
  const taken = [...registeredTools, ...own, "invoke_skill", ...client_tools.map(({ name }) => name)];
  const hidden = Object.values(servers).flatMap((given) => {
    const server = configuredServer(given);
    return server === undefined ? [] : hiddenTextsOf(server);
  });
  return { toolServers: { servers, taken, ...(agent.filter_tools_regex ? { filter: agent.filter_tools_regex } : {}) }, hidden };
}

export function isRegistered(name: string): name is RegisteredTool {
  return Object.hasOwn(registered, name);
}

/** The names that this agent is given and nobody has. */
export function unknownTools({ tools }: AgentConfig, clientTools: readonly { readonly name: string }[]): string[] {
  return tools.map(({ name }) => name).filter((name) => !isRegistered(name) && !clientTools.some((tool) => tool.name === name));
}

function condenserOf({ llm, max_size, max_tokens, keep_first }: CondenserConfig): CondenserParts {
  return {
    maxSize: max_size,
    keepFirst: keep_first,
    ...(max_tokens == null ? {} : { maxTokens: max_tokens }),
    ...(llm == null ? {} : { llm }),
  };
}
