import { awaitsReply } from "../llm/chatHistory.ts";
import { type Event, isUserMessage } from "../protocol/events.ts";
import { stateKeys } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";

/** Whether the last word is the person's, or one that was put in their place, and any message that the model has not read asks for a reply. */
export function wantsReply({
  conversation: { events },
  unasked,
}: Pick<Agent, "unasked"> & { readonly conversation: Pick<Agent["conversation"], "events"> }): boolean {
  if (!awaitsReply(events)) return false;
  if (unasked === undefined || unasked.size === 0) return true;
  const unread = unreadMessages(events);
  return unread.length === 0 || unread.some(({ id }) => !unasked.has(id));
}

/** Whether the person has said something that no request to the model has held. */
export function hasUnread(events: readonly Event[]): boolean {
  return lastReadIn(events) === undefined ? awaitsReply(events) : unreadMessages(events).length > 0;
}

function unreadMessages(events: readonly Event[]): Event[] {
  const lastRead = lastReadIn(events);
  return events.slice(events.findLastIndex(({ id }) => id === lastRead) + 1).filter(isUserMessage);
}

function lastReadIn(events: readonly Event[]): unknown {
  const update = events.findLast((event) => event.kind === "ConversationStateUpdateEvent" && event.key === stateKeys.lastRead);
  return update?.kind === "ConversationStateUpdateEvent" ? update.value : undefined;
}
