import { isDeepStrictEqual } from "node:util";
import type { Command } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Limits, LlmRef } from "../protocol/state.ts";
import type { View } from "../protocol/view.ts";
import { type Environment, requireShell } from "./environment.ts";
import { type Changes, refuseUnusable, usableFolder } from "./runOptions.ts";
import { runtimeCommands } from "./runtimeOptions.ts";
import { UsageError } from "./usage.ts";

export interface Resumed {
  readonly id: ConversationId;
  readonly task: string | undefined;
  readonly changes: Changes;
  readonly apiKey: string | undefined;
  readonly environment: Environment;
  /** Its folder and its shell are on a server. */
  readonly isElsewhere: boolean;
}

/** What an old conversation is told so that it goes on. Rejects with a UsageError when it cannot, and nothing is changed. */
export async function commandsToGoOn(
  { state }: View,
  { id: conversationId, task, changes, apiKey, environment, isElsewhere }: Resumed,
): Promise<Command[]> {
  const { llm, limits, working_dir: folder, runtime } = state;
  if (llm === undefined || folder === undefined)
    throw new UsageError("This conversation does not say which model and folder it is for. Begin a new one.");
  const runtimeChanges = runtimeCommands(runtime, changes.runtime, conversationId);
  if (!isElsewhere) await usableFolder(folder);
  if (!isElsewhere && runtime?.kind !== "docker") await requireShell(environment);
  const newLlm = changedLlm(llm, changes);
  const newLimits = { ...limits, ...changes.limits };
  if (!isElsewhere) refuseUnusable(newLlm, newLimits, apiKey);
  return [
    ...(isDeepStrictEqual(newLlm, llm) ? [] : [{ type: "llm.set", conversationId, llm: newLlm } as const]),
    ...runtimeChanges,
    ...limitCommands(conversationId, { changes, limits: newLimits }),
    ...(changes.policy ? [{ type: "confirmation_policy.set", conversationId, policy: changes.policy } as const] : []),
    ...startCommands(state, conversationId, task),
  ];
}

/** Prices in the environment are those of the model that is named there or by the flag. */
function changedLlm(llm: LlmRef, { model, baseUrl, prices, pricedModel }: Changes): LlmRef {
  const isOther = (model !== undefined && model !== llm.model) || (baseUrl !== undefined && baseUrl !== llm.base_url);
  const { base_url } = llm;
  const kept: LlmRef = isOther ? { model: llm.model, ...(base_url === undefined ? {} : { base_url }) } : llm;
  const named = { ...kept, ...(model === undefined ? {} : { model }), ...(baseUrl === undefined ? {} : { base_url: baseUrl }) };
  return pricedModel === undefined || pricedModel === named.model ? { ...named, ...prices } : named;
}

interface NewLimits {
  readonly changes: Changes;
  readonly limits: Limits;
}

function limitCommands(conversationId: ConversationId, { changes, limits }: NewLimits): Command[] {
  const { maxSteps: maxIterations } = changes;
  if (maxIterations === undefined && Object.keys(changes.limits).length === 0) return [];
  return [{ type: "limits.set", conversationId, limits, ...(maxIterations === undefined ? {} : { maxIterations }) }];
}

/** An answer that is awaited is asked for again, whatever else is said. */
function startCommands(state: View["state"], conversationId: ConversationId, task: string | undefined): Command[] {
  if (task !== undefined) return [{ type: "message.send", conversationId, text: task }];
  if (state.execution_status === "waiting_for_confirmation") return [];
  if (state.execution_status === "finished" || state.last_user_message_id === undefined)
    throw new UsageError('Nothing is left to do in this conversation. Say what is next: openhands run "…" --resume ID.');
  return [{ type: "run.start", conversationId }];
}
