import { randomUUID } from "node:crypto";
import { ConversationId } from "../../protocol/ids.ts";
import { confirmPolicies, limitsOf } from "../../protocol/settings.ts";
import type { ConversationStart } from "../../protocol/state.ts";
import { newRuntime } from "../sandboxes/newRuntime.ts";
import type { ChatParts } from "./chatParts.ts";
import { readinessOf, refusals } from "./surroundings.ts";

/** How a conversation begins here now, by the settings. Rejects with a sentence when none can. */
export async function newConversation(parts: Pick<ChatParts, "models" | "workspace" | "servers">): Promise<ConversationStart> {
  const { models, workspace, servers } = parts;
  const refusal = refusals[await readinessOf(parts)];
  const { place } = servers;
  const folder = place?.folder ?? workspace.folder;
  const { folders } = workspace;
  const { current: llm, settings } = models;
  if (refusal !== undefined || folder === undefined || llm === undefined) throw new Error(refusal ?? refusals["no-folder"]);
  return {
    id: ConversationId.parse(randomUUID()),
    working_dir: folder,
    ...(place === undefined && folders.length > 1 ? { folders: [...folders] } : {}),
    // Where an agent acts on a server is the server's choice.
    ...(place === undefined ? { runtime: newRuntime(settings) } : {}),
    llm,
    confirmation_policy: confirmPolicies[settings.confirm],
    max_iterations: settings.maxSteps,
    limits: limitsOf(settings),
  };
}
