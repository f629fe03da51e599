import { Refusal } from "../answers.ts";
import { type KeptSettings, withLlm } from "../settings/settingsStore.ts";
import type { ProfileStore } from "../settings/stores.ts";
import type { KeptFiles } from "../storage/keptFiles.ts";
import type { AgentProfiles } from "./agentProfiles.ts";
import type { LlmProfiles } from "./llmProfiles.ts";

/** What the data folder has; they refer to each other. */
export interface Shelves {
  readonly files: KeptFiles;
  readonly llms: LlmProfiles;
  readonly agents: AgentProfiles;
  readonly settings: KeptSettings;
}

export function profileStore({ files, llms, agents, settings }: Shelves): ProfileStore {
  /** Lets the settings' pointer follow from one name to another, or to none. */
  const repoint = async (name: string, newName: string | null): Promise<void> => {
    if ((await settings.read()).active_profile === name) await settings.change((before) => ({ ...before, active_profile: newName }));
  };
  return {
    list: () => llms.list(),
    llmOf: (name) => llms.llmOf(name),
    save: (name, llm) => files.exclusively(() => llms.save(name, llm)),
    rename: (name, newName) =>
      files.exclusively(async () => {
        await llms.move(name, newName);
        if (name === newName) return;
        await agents.follow(name, newName);
        await repoint(name, newName);
      }),
    delete: (name) =>
      files.exclusively(async () => {
        const referrers = await agents.referrersOf(name);
        if (referrers.length > 0) throw new Refusal(409, `Profile '${name}' is used by the agent profile(s): ${referrers.join(", ")}.`);
        await llms.remove(name);
        await repoint(name, null);
      }),
    activate: (name) =>
      files.exclusively(async () => {
        const llm = await llms.llmOf(name);
        if (llm === undefined) throw new Refusal(404, `Profile '${name}' not found`);
        await settings.change((before) => ({ ...withLlm(before, llm), active_profile: name }));
      }),
  };
}
