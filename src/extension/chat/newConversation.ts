import { randomUUID } from "node:crypto";
import { ConversationId } from "../../protocol/ids.ts";
import { confirmPolicies, limitsOf } from "../../protocol/settings.ts";
import type { ConversationStart } from "../../protocol/state.ts";
import { newRuntime } from "../sandboxes/newRuntime.ts";
import type { ChatParts } from "./chatParts.ts";
import { readinessOf, refusals } from "./surroundings.ts";

/** How a conversation begins here now, by the settings. Rejects with a sentence when none can. */
export async function newConversation(parts: Pick<ChatParts, "models" | "workspace">): Promise<ConversationStart> {
  const { models, workspace } = parts;
  const refusal = refusals[await readinessOf(parts)];
  const { folder, folders } = workspace;
  const { current: llm, settings } = models;
  if (refusal !== undefined || folder === undefined || llm === undefined) throw new Error(refusal ?? refusals["no-folder"]);
  return {
    id: ConversationId.parse(randomUUID()),
    working_dir: folder,
    ...(folders.length > 1 ? { folders: [...folders] } : {}),
    runtime: newRuntime(settings),
    llm,
    confirmation_policy: confirmPolicies[settings.confirm],
    max_iterations: settings.maxSteps,
    limits: limitsOf(settings),
  };
}
