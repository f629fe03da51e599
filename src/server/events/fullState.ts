import type { ConversationInfo } from "../../protocol/agentServer/conversations.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { filledFields } from "./wire.ts";

/** Of the state of a conversation, as `full_state` tells it (agent-server protocol §4.9). */
const fields = [
  "id",
  "agent",
  "workspace",
  "persistence_dir",
  "max_iterations",
  "stuck_detection",
  "execution_status",
  "confirmation_policy",
  "security_analyzer",
  "activated_knowledge_skills",
  "invoked_skills",
  "blocked_actions",
  "blocked_messages",
  "last_user_message_id",
  "leaf_event_id",
  "stats",
  "secret_registry",
  "tags",
  "agent_state",
  "hook_config",
] as const;

export type FullState = Readonly<Record<string, unknown>>;

/** What is null is left out; title and times are not part of it. `state` has what no other answer tells. */
export function fullStateOf(
  info: ConversationInfo,
  { activated_path_rules = [] }: Pick<ConversationState, "activated_path_rules">,
): FullState {
  const known = filledFields(Object.fromEntries(fields.map((field) => [field, info[field]])));
  return { ...known, activated_path_rules, head_is_empty: info.leaf_event_id == null };
}
