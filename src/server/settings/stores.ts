import type { AgentConfig, LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { AgentProfile, AgentProfileDiagnostics, LlmProfileInfo } from "../../protocol/agentServer/profiles.ts";
import type { ServerSettings, SettingsPatch } from "../../protocol/agentServer/settings.ts";
import type { Cipher } from "../secrets/cipher.ts";

/**
 * What a server keeps beside conversations, below its data folder. Every write is atomic and made under one lock, so that two servers on one folder
 * lose nothing; a file that cannot be understood is kept, and writing to it is refused (409).
 *
 * Values that these give have their secrets in plain text: nothing of them is sent as it is (see `secrets/exposure.ts`). Methods reject with a Refusal
 * where the protocol has a status for it.
 */
export interface Stores {
  /** Undefined without a secret key: then what is secret on the disk can be read by this process only, and is lost when it ends. */
  readonly cipher: Cipher | undefined;
  readonly settings: SettingsStore;
  readonly secrets: SecretStore;
  readonly profiles: ProfileStore;
  readonly agentProfiles: AgentProfileStore;
}

export interface SettingsStore {
  /** The defaults where nothing is kept that can be understood. */
  read(): Promise<ServerSettings>;
  /**
   * Merges (§10.70), checks and keeps; all or nothing. A profile's name brings its model along, unless the patch has one. `check` may throw a Refusal
   * for what is kept so far.
   */
  patch(patch: SettingsPatch, check?: (before: ServerSettings) => void): Promise<ServerSettings>;
}

/** Secrets by name, for conversations that look them up. */
export interface SecretStore {
  list(): Promise<readonly SecretInfo[]>;
  value(name: string): Promise<string | undefined>;
  put(secret: SecretInfo & { readonly value: string }): Promise<void>;
  /** False where there was none. */
  delete(name: string): Promise<boolean>;
}

export interface SecretInfo {
  readonly name: string;
  readonly description: string | null;
}

/** Models by name (§2.8). */
export interface ProfileStore {
  /** Sorted by name. */
  list(): Promise<readonly LlmProfileInfo[]>;
  /** With its key; undefined where there is none of this name. */
  llmOf(name: string): Promise<LlmConfig | undefined>;
  /** Replaces one of the same name. Refused (409) when there are too many. */
  save(name: string, llm: LlmConfig): Promise<void>;
  /** The settings' pointer and the agent profiles that refer to it follow. Refused: 404, and 409 where the new name is taken. */
  rename(name: string, newName: string): Promise<void>;
  /** Also where there was none. The settings' pointer is cleared. Refused (409) while an agent profile refers to it. */
  delete(name: string): Promise<void>;
  /** Makes it the model of the settings' agent. Refused: 404. */
  activate(name: string): Promise<void>;
}

/** Whole agents by name, each with an id that stays (§2.8). */
export interface AgentProfileStore {
  /** Sorted by name. Where there never was one, a first one is made of the settings and activated. */
  list(): Promise<readonly AgentProfile[]>;
  /** Refused: 404. */
  read(name: string): Promise<AgentProfile>;
  /** `body` as a client sends it. Refused: 422, and 409 when there are too many. */
  save(name: string, body: Readonly<Record<string, unknown>>): Promise<AgentProfile>;
  /** Refused: 404, and 409 where the new name is taken. */
  rename(name: string, newName: string): Promise<void>;
  /** Also where there was none. The settings' pointer is cleared. */
  delete(name: string): Promise<void>;
  /** Points the settings to it, and changes nothing else of them. Refused: 404. */
  activate(id: string): Promise<void>;
  /** What would become of it now; `skills` are the names of those that would be found. Refused: 404. */
  diagnose(name: string, skills: readonly string[]): Promise<AgentProfileDiagnostics>;
  /**
   * The agent that `agent_profile_id` starts a conversation with, made of what it refers to now. Undefined where there is none of this id. Refused: 404
   * and 422 for what it refers to and is not there, 501 for an agent of another program.
   */
  agentOf(id: string): Promise<LaunchedAgent | undefined>;
}

export interface LaunchedAgent {
  readonly agent: AgentConfig;
  /** As `launched_agent_profile` of ConversationInfo tells it. */
  readonly launched: { readonly agent_profile_id: string; readonly revision: number };
}
