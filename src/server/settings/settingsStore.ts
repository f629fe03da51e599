import type * as z from "zod";
import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import { AgentSettings, ConversationSettings, ServerSettings, type SettingsPatch } from "../../protocol/agentServer/settings.ts";
import { Refusal } from "../answers.ts";
import { readable } from "../secrets/atRest.ts";
import { withoutHidden } from "../secrets/exposure.ts";
import type { KeptFiles } from "../storage/keptFiles.ts";
import { isMap, type Json, mergePatch } from "./mergePatch.ts";
import type { SettingsStore } from "./stores.ts";

const file = "settings.json";

export class KeptSettings implements SettingsStore {
  readonly #files: KeptFiles;
  readonly #llmOf: (profile: string) => Promise<LlmConfig | undefined>;

  /** `llmOf` gives the model of a profile, for patches that name one. */
  constructor(files: KeptFiles, llmOf: (profile: string) => Promise<LlmConfig | undefined>) {
    this.#files = files;
    this.#llmOf = llmOf;
  }

  /** A file that cannot be understood counts as none here, so that clients can still begin; it is never written over. */
  async read(): Promise<ServerSettings> {
    try {
      return (await this.#files.read(file, ServerSettings)) ?? ServerSettings.parse({});
    } catch (error) {
      if (error instanceof Refusal) return ServerSettings.parse({});
      throw error;
    }
  }

  patch(patch: SettingsPatch, check?: (before: ServerSettings) => void): Promise<ServerSettings> {
    return this.#files.exclusively(async () => {
      const llm = await this.#llmOfProfile(patch);
      return this.change((before) => {
        check?.(before);
        return patched(llm ? withLlm(before, llm) : before, patch);
      });
    });
  }

  /** Within `exclusively` only. */
  async change(change: (before: ServerSettings) => ServerSettings): Promise<ServerSettings> {
    const before = (await this.#files.readForChange(file, ServerSettings)) ?? ServerSettings.parse({});
    const after = change(before);
    await this.#files.write(file, { schema_version: 2, ...after });
    return ServerSettings.parse(readable(after));
  }

  /** What the patch has of a model comes before the profile's. */
  async #llmOfProfile({ active_profile: profile, agent_settings_diff: diff }: SettingsPatch): Promise<LlmConfig | undefined> {
    if (profile == null || (diff != null && "llm" in diff)) return undefined;
    const llm = await this.#llmOf(profile);
    if (llm === undefined) throw new Refusal(404, `Profile '${profile}' not found`);
    return llm;
  }
}

export function withLlm(settings: ServerSettings, llm: LlmConfig): ServerSettings {
  return { ...settings, agent_settings: { ...settings.agent_settings, llm } };
}

function patched(before: ServerSettings, patch: SettingsPatch): ServerSettings {
  const { agent_settings_diff: agent, conversation_settings_diff: conversation, misc_settings_diff: misc } = patch;
  return {
    agent_settings: agent == null ? before.agent_settings : patchedAgent(before.agent_settings, agent),
    conversation_settings:
      conversation == null
        ? before.conversation_settings
        : checked(ConversationSettings, mergePatch(before.conversation_settings, conversation), "conversation_settings_diff"),
    active_profile: patch.active_profile === undefined ? before.active_profile : patch.active_profile,
    active_agent_profile_id: patch.active_agent_profile_id === undefined ? before.active_agent_profile_id : patch.active_agent_profile_id,
    misc_settings: misc == null ? before.misc_settings : mergePatch(before.misc_settings, misc),
  };
}

/** Another kind of agent begins with its own defaults: what is left of the one before would mean something else. */
function patchedAgent(before: AgentSettings, diff: Json): AgentSettings {
  const kind = diff["agent_kind"];
  const isOther =
    kind !== undefined && kind !== null && kind !== before.agent_kind && !(kind === "llm" && before.agent_kind === "openhands");
  const cleaned = withoutHidden(diff);
  return checked(AgentSettings, mergePatch(isOther ? {} : before, isMap(cleaned) ? cleaned : {}), "agent_settings_diff");
}

/** Throws a Refusal (422) that says where, and repeats no value. */
function checked<Shape extends z.ZodType>(shape: Shape, value: unknown, place: string): z.output<Shape> {
  const { success, data, error } = shape.safeParse(value);
  if (success) return data;
  throw new Refusal(
    422,
    error.issues.map(({ path, message }) => ({ type: "value_error", loc: ["body", place, ...path.map(String)], msg: message })),
  );
}
