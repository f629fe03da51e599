import { randomUUID } from "node:crypto";
import type { Event, OtherEvent } from "../protocol/events.ts";
import { EventId } from "../protocol/ids.ts";
import { type ConversationState, stateKeys } from "../protocol/state.ts";
import { localTimestamp } from "./localTimestamp.ts";

/** An event without what the conversation stamps on it: timestamp and parent, and an id where it has none yet. */
export type EventDraft = DistributiveOmit<Exclude<Event, OtherEvent>, "id" | "timestamp" | "parent_id"> & { readonly id?: EventId };
type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;

/** For a draft that others name before it is appended. */
export function newEventId(): EventId {
  return EventId.parse(randomUUID());
}

/** Sets `key` of the state to `value`. */
export function stateUpdate(key: string, value: unknown): EventDraft {
  return { kind: "ConversationStateUpdateEvent", source: "environment", key, value };
}

/** The parent of an event that begins anew, although there are others. */
export const newRoot = "__root__";

/** Where the next event goes. */
type Head = Pick<ConversationState, "leaf_event_id" | "head_is_empty">;

/** The events of the drafts. Each one's parent is the one before it that is not a state update (agent-server protocol §4.1). */
export function stamp(drafts: readonly EventDraft[], { leaf_event_id, head_is_empty }: Head): Event[] {
  let parent = head_is_empty ? newRoot : leaf_event_id;
  const timestamp = localTimestamp(new Date());
  return drafts.map((draft) => {
    const event: Event = {
      ...draft,
      id: draft.id ?? newEventId(),
      timestamp,
      ...(parent ? { parent_id: parent } : {}),
    };
    if (event.kind !== "ConversationStateUpdateEvent") parent = event.id;
    else if (event.key === stateKeys.head) parent = typeof event.value === "string" ? event.value : newRoot;
    return event;
  });
}
