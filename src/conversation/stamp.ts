import { randomUUID } from "node:crypto";
import type { Event, OtherEvent } from "../protocol/events.ts";
import { EventId } from "../protocol/ids.ts";
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

/** The events of the drafts. Each one's parent is the one before it that is not a state update (agent-server protocol §4.1). */
export function stamp(drafts: readonly EventDraft[], leafId: string | undefined): Event[] {
  let parent = leafId;
  const timestamp = localTimestamp(new Date());
  return drafts.map((draft) => {
    const event: Event = {
      ...draft,
      id: draft.id ?? newEventId(),
      timestamp,
      ...(parent ? { parent_id: EventId.parse(parent) } : {}),
    };
    if (event.kind !== "ConversationStateUpdateEvent") parent = event.id;
    return event;
  });
}
