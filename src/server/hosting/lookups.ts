import type { AgentConfig, LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { LaunchedAgent } from "../settings/stores.ts";

/** What conversations ask of what the server keeps for its clients; keys and values are in plain text. */
export interface Lookups {
  /** The model that is kept under this name; undefined: there is none. Throws a Refusal with 400 when it is damaged. */
  readonly profile: (name: string) => Promise<LlmConfig | undefined>;
  readonly agentProfile: (id: string) => Promise<LaunchedAgent | undefined>;
  /** The agent that these settings describe (§2.7). Throws a Refusal with 422 when they describe none. */
  readonly agentOfSettings: (settings: Readonly<Record<string, unknown>>) => Promise<AgentConfig>;
  /** The value of a secret of the server. */
  readonly secret: (name: string) => Promise<string | undefined>;
}
