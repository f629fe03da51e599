import type { ConversationStateUpdateEvent, Event } from "../protocol/events.ts";

/** The words that stand for forgotten events. It is never stored: its id is the condensation's, with `-summary` behind it. */
export interface CondensationSummary {
  readonly kind: "CondensationSummaryEvent";
  readonly id: string;
  readonly summary: string;
}

export type ViewItem = Event | CondensationSummary;

/**
 * The events that the model reads, in order: what condensations have taken out is gone, and their summaries stand in its place
 * (agent-server protocol §4.6).
 */
export function condensedView(events: readonly Event[]): readonly ViewItem[] {
  let view: ViewItem[] = [];
  const forbidden = new Set<string>();
  for (const event of events) {
    // It stands before the message that a hook has forbidden, which no model ever reads.
    if (isBlocking(event)) Object.keys(event.value).forEach((id) => forbidden.add(id));
    if (isRead(event) && !forbidden.has(event.id)) view.push(event);
    if (event.kind !== "Condensation") continue;
    const forgotten = new Set(event.forgotten_event_ids);
    view = view.filter(({ id }) => !forgotten.has(id));
    if (event.summary == null) continue;
    view.splice(event.summary_offset ?? 0, 0, { kind: "CondensationSummaryEvent", id: `${event.id}-summary`, summary: event.summary });
  }
  return view;
}

function isBlocking(event: Event): event is ConversationStateUpdateEvent & { readonly value: object } {
  return (
    event.kind === "ConversationStateUpdateEvent" &&
    event.key === "blocked_messages" &&
    typeof event.value === "object" &&
    event.value !== null
  );
}

/** Whether the model is given it, as far as nothing is condensed. */
export function isRead({ kind }: Event): boolean {
  switch (kind) {
    case "SystemPromptEvent":
    case "MessageEvent":
    case "ActionEvent":
    case "ObservationEvent":
    case "UserRejectObservation":
    case "AgentErrorEvent":
      return true;
    default:
      return false;
  }
}
