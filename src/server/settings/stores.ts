import type { AgentConfig, LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { AgentProfile, LlmProfileInfo } from "../../protocol/agentServer/profiles.ts";
import type { ServerSettings, SettingsPatch } from "../../protocol/agentServer/settings.ts";
import type { Cipher } from "../secrets/cipher.ts";

/**
 * What a server keeps beside conversations, below its data folder. Every write is atomic and made under one lock, so that two servers on one folder
 * lose nothing; a file that cannot be read is kept, and writing to it is refused (409).
 *
 * Values that these give have their secrets in plain text: nothing of them is sent as it is (see `secrets/exposure.ts`). Methods throw a Refusal where
 * the protocol has a status for it.
 */
export interface Stores {
  /** Undefined without a secret key: then secrets are held in memory, and the disk has none. */
  readonly cipher: Cipher | undefined;
  readonly settings: SettingsStore;
  readonly secrets: SecretStore;
  readonly profiles: ProfileStore;
  readonly agentProfiles: AgentProfileStore;
}

export interface SettingsStore {
  /** The defaults where nothing is kept. */
  read(): Promise<ServerSettings>;
  /** Merges (§10.70), checks and keeps; all or nothing. A profile's name brings its model along, unless the patch has one. */
  patch(patch: SettingsPatch): Promise<ServerSettings>;
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
  /** Replaces one of the same name. */
  save(name: string, llm: LlmConfig): Promise<void>;
  /** The settings' pointer and what refers to it follow. */
  rename(name: string, newName: string): Promise<void>;
  /** False where there was none. */
  delete(name: string): Promise<boolean>;
}

/** Whole agents by name, each with an id that stays (§2.8). */
export interface AgentProfileStore {
  /** The agent that `agent_profile_id` starts a conversation with, made of what it refers to now. Undefined where there is none of this id. */
  agentOf(id: string): Promise<LaunchedAgent | undefined>;
  list(): Promise<readonly AgentProfile[]>;
}

export interface LaunchedAgent {
  readonly agent: AgentConfig;
  /** As `launched_agent_profile` of ConversationInfo tells it. */
  readonly launched: { readonly agent_profile_id: string; readonly revision: number };
}
