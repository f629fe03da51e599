import type { Event } from "../protocol/events.ts";
import { stateKeys } from "../protocol/state.ts";
import { addMessages, systemMessages } from "./chatMessages.ts";
import type { ChatMessage } from "./llm.ts";

/**
 * A conversation as the model reads it (agent-server protocol §4.6), kept from one request of a run to the next: what has not changed
 * stays the same object, so that neither we nor a client need look at it again.
 *
 * Always valid for a provider: the system prompt is first; calls of one reply stand in one assistant message, each followed by exactly
 * one result, in the order of the calls. A message that a person sent while a reply was written or its calls ran comes after them.
 */
export class ChatHistory {
  #messages: ChatMessage[] = [];
  #count = 0;
  /** Whether the next event may belong before what is at the end now. */
  #isOpen = true;

  /** The messages of `events`: those that were read before, in the same order, and more. */
  read(events: readonly Event[]): readonly ChatMessage[] {
    if (this.#isOpen || changesEarlier(events, this.#count)) {
      this.#messages = systemMessages(events);
      this.#count = 0;
    }
    this.#isOpen = addMessages(this.#messages, events, this.#count) === "open";
    this.#count = events.length;
    return [...this.#messages];
  }
}

/**
 * Whether an event from index `from` on says something of those before it: a late result, a further call of the same reply, a message that
 * had not been read, an answer that was cut off, a condensation, another system prompt.
 */
function changesEarlier(events: readonly Event[], from: number): boolean {
  const fresh = new Set<string | null | undefined>();
  for (let at = from; at < events.length; at++) {
    const event = events[at];
    switch (event?.kind) {
      case "SystemPromptEvent":
      case "Condensation":
        return true;
      case "ActionEvent":
        if (!fresh.has(event.llm_response_id) && event.llm_response_id === lastReplyId(events, from)) return true;
        fresh.add(event.llm_response_id).add(event.id).add(event.tool_call_id);
        break;
      case "MessageEvent":
        fresh.add(event.id);
        break;
      case "ObservationEvent":
      case "UserRejectObservation":
        if (!fresh.has(event.action_id)) return true;
        break;
      case "AgentErrorEvent":
        if (!fresh.has(event.tool_call_id)) return true;
        break;
      case "ConversationStateUpdateEvent":
        if (event.key === stateKeys.secrets || (event.key === stateKeys.incomplete && !fresh.has(event.parent_id))) return true;
        if (event.key === stateKeys.lastRead && hasMessageAfter(event.value, events, from)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

function lastReplyId(events: readonly Event[], end: number): string | undefined {
  for (let at = end - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.kind === "ActionEvent") return event.llm_response_id;
  }
  return undefined;
}

/** Whether the person has said something between the event `id` and index `end`. */
function hasMessageAfter(id: unknown, events: readonly Event[], end: number): boolean {
  for (let at = end - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.id === id) return false;
    if (event?.kind === "MessageEvent" && event.source === "user") return true;
  }
  return false;
}

export function toChatMessages(events: readonly Event[]): readonly ChatMessage[] {
  return new ChatHistory().read(events);
}

/** Whether the last word is the person's, or one that was put in their place. */
export function awaitsReply(events: readonly Event[]): boolean {
  return toChatMessages(events).at(-1)?.role === "user";
}
