import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import { type AgentProfile, mostProfiles } from "../../protocol/agentServer/profiles.ts";
import type { AgentSettings, OpenHandsSettings, ServerSettings } from "../../protocol/agentServer/settings.ts";
import { Refusal } from "../answers.ts";
import { agentFromSettings } from "../settings/agentFromSettings.ts";
import type { AgentProfileStore, LaunchedAgent } from "../settings/stores.ts";
import type { Shelves } from "./profileStore.ts";
import { diagnosticsOf, type References, settingsOf } from "./resolve.ts";

/** The name of the first profile, and of its model. */
const firstName = "default";

export function agentProfileStore(shelves: Shelves): AgentProfileStore {
  const { files, agents, settings } = shelves;
  return {
    list: async () => {
      const isEmpty = (await agents.names()).length === 0 && (await settings.read()).active_agent_profile_id === null;
      if (isEmpty) await files.exclusively(() => seed(shelves)).catch(whenRefused);
      return agents.list();
    },
    read: (name) => agents.read(name),
    save: (name, body) => files.exclusively(() => agents.save(name, body)),
    rename: (name, newName) => files.exclusively(() => agents.move(name, newName)),
    delete: (name) =>
      files.exclusively(async () => {
        const gone = await agents.remove(name);
        const { active_agent_profile_id: active } = await settings.read();
        if (gone?.id === active) await settings.change((before) => ({ ...before, active_agent_profile_id: null }));
      }),
    activate: (id) =>
      files.exclusively(async () => {
        const found = (await agents.list()).find((profile) => profile.id === id);
        if (!found) throw new Refusal(404, `Agent profile with id '${id}' not found`);
        await settings.change((before) => ({ ...before, active_agent_profile_id: id }));
      }),
    diagnose: async (name, skills) => {
      const profile = await agents.read(name);
      return diagnosticsOf(profile, await referencesOf(profile, shelves, skills));
    },
    agentOf: async (id) => {
      const profile = (await agents.list()).find((one) => one.id === id.toLowerCase());
      return profile && launched(profile, await referencesOf(profile, shelves, []));
    },
  };
}

/** Such as by a settings file that cannot be understood: the list is shown all the same. */
function whenRefused(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}

/** With streaming, because whoever launches a profile watches. */
function launched(profile: AgentProfile, references: References): LaunchedAgent {
  const agent = agentFromSettings(settingsOf(profile, references));
  return {
    agent: { ...agent, llm: { ...agent.llm, stream: true } },
    launched: { agent_profile_id: profile.id, revision: profile.revision },
  };
}

async function referencesOf(profile: AgentProfile, { llms, settings }: Shelves, skills: readonly string[]): Promise<References> {
  const llm = profile.agent_kind === "openhands" ? await llms.llmOf(profile.llm_profile_ref) : undefined;
  return { llm, settings: await settings.read(), skills };
}

/** One profile of the settings' agent, activated. Nothing where somebody was quicker, or the settings cannot be written now. */
async function seed(shelves: Shelves): Promise<void> {
  const { agents, settings } = shelves;
  if ((await agents.names()).length > 0) return;
  const now = await settings.read();
  const { agent_settings: agent } = now;
  const body = agent.agent_kind === "acp" ? ofAcp(agent) : { ...ofOpenHands(agent), llm_profile_ref: await seedLlm(now, shelves) };
  const profile = await agents.save(firstName, body);
  await settings.change((before) => ({ ...before, active_agent_profile_id: profile.id }));
}

function ofOpenHands(agent: OpenHandsSettings): Readonly<Record<string, unknown>> {
  const { tools, condenser, verification, enable_sub_agents, enable_switch_llm_tool, tool_concurrency_limit } = agent;
  return {
    agent_kind: "openhands",
    agent: agent.agent,
    system_message_suffix: agent.agent_context.system_message_suffix ?? null,
    ...{ tools, condenser, verification, enable_sub_agents, enable_switch_llm_tool, tool_concurrency_limit },
  };
}

/** What a profile has of them; the command is a text there. */
function ofAcp(agent: Exclude<AgentSettings, OpenHandsSettings>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(agent).filter(([name]) => name.startsWith("acp_") && name !== "acp_command");
  return { agent_kind: "acp", ...Object.fromEntries(entries) };
}

/** The name of the LLM profile that the first agent refers to. It is made of the settings' model, where somebody has set one up. */
async function seedLlm({ active_profile: active, agent_settings: { llm } }: ServerSettings, { llms }: Shelves): Promise<string> {
  if (active !== null && active !== "") return active;
  const names = await llms.names();
  if (isSetUp(llm) && !names.includes(firstName) && names.length < mostProfiles) await llms.save(firstName, llm);
  return firstName;
}

function isSetUp({ api_key, base_url }: LlmConfig): boolean {
  return api_key !== null || (base_url ?? "").trim() !== "";
}
