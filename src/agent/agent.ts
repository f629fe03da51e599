import type { Llm } from "../llm/llm.ts";
import type { EventId } from "../protocol/ids.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tool } from "../tools/tool.ts";
import type { Grants } from "./grants.ts";
import type { Hooks } from "./hooks/hooks.ts";
import type { Spent } from "./limits.ts";
import type { AgentConversation } from "./maskedConversation.ts";
import type { Secrets } from "./secrets.ts";
import type { Skills } from "./skills/skills.ts";

/** What an agent works with. It keeps nothing itself: all that it knows is in the conversation. */
export interface Agent {
  readonly conversation: AgentConversation;
  readonly llm: Llm;
  readonly runtime: Runtime;
  readonly tools: readonly Tool[];
  readonly secrets: Secrets;
  readonly grants: Grants;
  /** What the run has used before the answer that lets it go on; absent: it begins. */
  readonly spent?: Spent;
  /** Ids of messages that ask for no reply: a run reads them, but does not go on for them. */
  readonly unasked?: ReadonlySet<string>;
  /** In place of the usual system prompt. */
  readonly systemPrompt?: string | undefined;
  /** Added to what the system prompt says of this conversation. */
  readonly systemMessageSuffix?: string | undefined;
  /** False: nothing is done about going in circles. */
  readonly stuckDetection?: boolean | undefined;
  /** Null: nothing is condensed. */
  readonly condenser?: Condenser | null | undefined;
  readonly skills?: Skills | undefined;
  readonly hooks?: Hooks | undefined;
  /** Under this name the model's tokens are counted; `agent` unless told. */
  readonly usageId?: string | undefined;
  /** Hears what is not stored: must not throw. */
  readonly emit: (signal: AgentSignal) => void;
}

/** When and how a conversation is condensed. `maxSize` counts events of the view, `maxTokens` those of the latest prompt. */
export interface Condenser {
  readonly maxSize?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** So many events of the view always stay; two unless told. */
  readonly keepFirst?: number | undefined;
  /** Writes the summaries in place of the agent's own model. */
  readonly llm?: Llm | undefined;
}

/** Things that pass by: text of the reply being written, output of the action that runs, a wait before the next try. */
export type AgentSignal =
  | { readonly type: "delta"; readonly content?: string; readonly reasoning_content?: string }
  | { readonly type: "terminal.output"; readonly actionId: EventId; readonly text: string }
  | { readonly type: "llm.waiting"; readonly reason: string; readonly retryInMs: number };
