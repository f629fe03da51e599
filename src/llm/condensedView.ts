import type { Event } from "../protocol/events.ts";

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
  for (const event of events) {
    if (isRead(event)) view.push(event);
    if (event.kind !== "Condensation") continue;
    const forgotten = new Set(event.forgotten_event_ids);
    view = view.filter(({ id }) => !forgotten.has(id));
    if (event.summary == null) continue;
    view.splice(event.summary_offset ?? 0, 0, { kind: "CondensationSummaryEvent", id: `${event.id}-summary`, summary: event.summary });
  }
  return view;
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
