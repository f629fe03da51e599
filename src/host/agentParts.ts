import type { SkillsParts } from "../agent/skills/skillsParts.ts";
import type { LlmConfig } from "../protocol/agentServer/agent.ts";
import type { HookConfig } from "../protocol/agentServer/hooks.ts";
import type { Event } from "../protocol/events.ts";
import type { RuntimeInfo } from "../protocol/runtime.ts";
import { LlmRef } from "../protocol/state.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolServers } from "../tools/toolSource.ts";

/** What makes the agent of one conversation, where it is not the usual one. Asked for before each run; absent parts are the usual ones. */
export interface AgentParts {
  /** All tools, made anew with each runtime that is opened; `events` are those of the active branch so far. */
  readonly tools?: (events: readonly Event[], info: RuntimeInfo) => readonly Tool[];
  /** Servers whose tools it has besides; `HostOptions.openToolSource` connects to them. */
  readonly toolServers?: ToolServers;
  /** Null: nothing is condensed, and a conversation that is too long ends in an error. */
  readonly condenser?: CondenserParts | null;
  /** Added to the part of the system prompt that is about this conversation. */
  readonly systemMessageSuffix?: string;
  /** In place of the usual system prompt. */
  readonly systemPrompt?: string;
  /** False: nothing is done about an agent that goes in circles. */
  readonly stuckDetection?: boolean;
  /** Values by name, as `secrets.set` takes them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Texts that are hidden like secrets, and that no command is ever given. */
  readonly hidden?: readonly string[];
  /** How the model is asked, beside what the conversation's `llm` says; the key is in it. */
  readonly llm?: LlmConfig;
  /** Absent: those of the workspace and of the person, as in a door of ours. With it, a message waits until the skills are read, and so is told all that it asks for. */
  readonly skills?: SkillsParts;
  /** Commands that the client has sent, and never what a workspace holds. With them, a message waits until the runtime is open. */
  readonly hooks?: HookConfig;
}

/** `maxSize` counts events of the view, `maxTokens` those of the latest prompt; absent: by the model's context window alone. */
export interface CondenserParts {
  readonly maxSize?: number;
  readonly maxTokens?: number;
  readonly keepFirst?: number;
  /** Writes the summaries in place of the conversation's own model. */
  readonly llm?: LlmConfig;
}

/** What a conversation's log says of the model of `config`. */
export function refOf(config: LlmConfig): LlmRef {
  const { model, base_url, input_cost_per_token, output_cost_per_token, max_input_tokens } = config;
  const given = Object.entries({ base_url, input_cost_per_token, output_cost_per_token, max_input_tokens });
  return LlmRef.parse({ model, ...Object.fromEntries(given.filter(([, value]) => value != null)) });
}
