import type { Conversation } from "../conversation/conversation.ts";
import type { Secrets } from "./secrets.ts";

/** What an agent needs of a conversation. */
export type AgentConversation = Pick<Conversation, "id" | "events" | "state" | "append">;

/** The same conversation; what is appended through it never holds a secret. */
export function maskedConversation(conversation: Conversation, secrets: Secrets): AgentConversation {
  return {
    id: conversation.id,
    get events() {
      return conversation.events;
    },
    get state() {
      return conversation.state;
    },
    append: (...drafts) => conversation.append(...drafts.map((draft) => secrets.maskDraft(draft))),
  };
}
