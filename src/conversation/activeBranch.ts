import type { Event } from "../protocol/events.ts";
import { type ConversationState, stateKeys } from "../protocol/state.ts";
import { newRoot } from "./stamp.ts";

/** A log, and where its next event goes. */
interface Branched {
  readonly events: readonly Event[];
  readonly state: Pick<ConversationState, "has_branches" | "leaf_event_id">;
}

/**
 * The events of the branch that the next event goes on with (agent-server protocol §4.1), in the order of the log, kept up to date by looking at
 * each event once. A log that nobody has ever gone back in is its own branch, and costs nothing.
 */
export class ActiveBranch {
  #branch: Event[] = [];
  #count = 0;

  /** The same array grows until the head is set; then there is another one. */
  read({ events, state }: Branched): readonly Event[] {
    if (!state.has_branches) return events;
    if (events.length === this.#count) return this.#branch;
    const fresh = events.slice(this.#count);
    if (this.#count === 0 || fresh.some(setsHead)) this.#branch = branchTo(state.leaf_event_id, events);
    else this.#branch.push(...fresh);
    this.#count = events.length;
    return this.#branch;
  }
}

function setsHead(event: Event): boolean {
  return event.kind === "ConversationStateUpdateEvent" && event.key === stateKeys.head;
}

/**
 * The path from the root to the event `leafId`, with the state updates beside it: what they say of their neighbours is of no use elsewhere, but the
 * secrets of a conversation are those of all its branches.
 */
export function branchTo(leafId: string | undefined, events: readonly Event[]): Event[] {
  const path = pathTo(leafId, events);
  return events.filter((event) => {
    if (event.kind !== "ConversationStateUpdateEvent") return path.has(event.id);
    return event.parent_id == null || path.has(event.parent_id) || event.key === stateKeys.secrets;
  });
}

/** The ids of the events from the root to `leafId`. Events without a parent are a chain. */
function pathTo(leafId: string | undefined, events: readonly Event[]): ReadonlySet<string> {
  const path = new Set<string>();
  let next = leafId;
  for (let at = events.length - 1; at >= 0 && next !== undefined && next !== newRoot; at--) {
    const event = events[at];
    if (event?.id !== next) continue;
    path.add(event.id);
    next = event.parent_id ?? idBefore(at, events);
  }
  return path;
}

function idBefore(index: number, events: readonly Event[]): string | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const event = events[at];
    if (event && event.kind !== "ConversationStateUpdateEvent") return event.id;
  }
  return undefined;
}
