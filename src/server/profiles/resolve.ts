import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { AgentProfile, AgentProfileDiagnostics, OpenHandsProfile } from "../../protocol/agentServer/profiles.ts";
import { AgentSettings, type ServerSettings } from "../../protocol/agentServer/settings.ts";
import { Refusal } from "../answers.ts";
import { exposed } from "../secrets/exposure.ts";

/** What a profile's references lead to. */
export interface References {
  /** Of the LLM profile that it names; undefined where there is none. */
  readonly llm: LlmConfig | undefined;
  readonly settings: ServerSettings;
  /** The names of the skills that would be found. */
  readonly skills: readonly string[];
}

/** The agent's settings that a profile stands for now. Throws a Refusal for what leads nowhere: 404 for the model, 422 for a server. */
export function settingsOf(profile: AgentProfile, { llm, settings }: References): AgentSettings {
  const { servers, dangling } = serversOf(profile, settings);
  if (dangling.length > 0)
    throw new Refusal(422, {
      message: `The agent profile '${profile.name}' refers to MCP servers that are not in the settings: ${dangling.join(", ")}.`,
      dangling_mcp_server_refs: dangling,
    });
  if (profile.agent_kind === "acp") return AgentSettings.parse({ ...withoutIdentity(profile), mcp_config: servers });
  if (llm === undefined)
    throw new Refusal(404, `LLM profile '${profile.llm_profile_ref}' not found, to which the agent profile '${profile.name}' refers.`);
  return AgentSettings.parse({ ...ofOpenHands(profile), llm, mcp_config: servers });
}

/** A report of the same that refuses nothing. */
export function diagnosticsOf(profile: AgentProfile, references: References): AgentProfileDiagnostics {
  const { llm } = references;
  const { servers, dangling } = serversOf(profile, references.settings);
  const ref = profile.agent_kind === "openhands" ? profile.llm_profile_ref : null;
  const disabled = profile.agent_kind === "openhands" ? profile.disabled_skills : [];
  const errors = [
    ...(dangling.length > 0 ? [`MCP server(s) not configured: ${dangling.join(", ")}`] : []),
    ...(ref !== null && llm === undefined ? [`LLM profile '${ref}' not found`] : []),
  ];
  const valid = errors.length === 0;
  return {
    agent_kind: profile.agent_kind,
    valid,
    errors,
    llm_profile_ref: ref,
    llm_profile_resolved: ref !== null && llm !== undefined,
    llm_api_key_set: ref !== null && llm?.api_key != null,
    mcp_server_refs: profile.mcp_server_refs,
    resolved_mcp_config_keys: Object.keys(servers),
    resolved_mcp_servers: Object.keys(servers),
    dangling_mcp_server_refs: dangling,
    disabled_skills: disabled,
    resolved_skills: profile.agent_kind === "openhands" ? references.skills.filter((name) => !disabled.includes(name)) : [],
    acp_api_key_secret_name: null,
    acp_base_url_secret_name: null,
    acp_file_secret_names: [],
    resolved_settings: valid ? exposed(settingsOf(profile, references), "redacted", undefined) : null,
  };
}

/** The skills of the person and the project are found when a conversation begins, but for those that the profile leaves out. */
function ofOpenHands(profile: OpenHandsProfile): object {
  const { agent, tools, condenser, verification, enable_sub_agents, enable_switch_llm_tool, tool_concurrency_limit } = profile;
  const agent_context = {
    system_message_suffix: profile.system_message_suffix,
    load_user_skills: true,
    load_project_skills: true,
    disabled_skills: profile.disabled_skills,
  };
  const rest = { agent, tools, condenser, verification, enable_sub_agents, enable_switch_llm_tool, tool_concurrency_limit };
  return { agent_kind: "openhands", agent_context, ...rest };
}

function withoutIdentity({
  id: _,
  name: _name,
  revision: _revision,
  schema_version: _version,
  mcp_server_refs: _refs,
  ...rest
}: AgentProfile): object {
  return rest;
}

interface Servers {
  readonly servers: AgentSettings["mcp_config"];
  readonly dangling: string[];
}

function serversOf({ mcp_server_refs: refs }: AgentProfile, { agent_settings: { mcp_config: all } }: ServerSettings): Servers {
  if (refs === null) return { servers: all, dangling: [] };
  const isThere = (name: string): boolean => Object.hasOwn(all, name);
  const servers = Object.fromEntries(Object.entries(all).filter(([name]) => refs.includes(name)));
  return { servers, dangling: [...new Set(refs)].filter((name) => !isThere(name)) };
}
