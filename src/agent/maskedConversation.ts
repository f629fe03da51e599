import { ActiveBranch } from "../conversation/activeBranch.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { Secrets } from "./secrets.ts";

/** What an agent needs of a conversation; its events are those of the active branch. */
export type AgentConversation = Pick<Conversation, "id" | "events" | "state" | "append">;

/** The same conversation, as far as its active branch goes; what is appended through it never holds a secret. */
export function maskedConversation(conversation: Conversation, secrets: Secrets): AgentConversation {
  const branch = new ActiveBranch();
  return {
    id: conversation.id,
    get events() {
      return branch.read(conversation);
    },
    get state() {
      return conversation.state;
    },
    append: (...drafts) => conversation.append(...drafts.map((draft) => secrets.maskDraft(draft))),
  };
}
