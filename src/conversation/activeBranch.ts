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

/** The events of the branch that ends with `leafId`; none when it is undefined but what is true of all branches. */
function branchTo(leafId: string | undefined, events: readonly Event[]): Event[] {
  const path = pathTo(leafId, events);
  return events.filter((event) => isOnBranch(event, path));
}

/** Updates that say something of their neighbours, and nothing elsewhere; others are true of all branches. */
const local: ReadonlySet<string> = new Set([stateKeys.lastRead, stateKeys.incomplete]);

/** Whether the branch whose path is this has the event. Where its head has been is not a part of it. */
export function isOnBranch(event: Event, path: ReadonlySet<string>): boolean {
  if (event.kind !== "ConversationStateUpdateEvent") return path.has(event.id);
  return local.has(event.key) ? event.parent_id != null && path.has(event.parent_id) : event.key !== stateKeys.head;
}

/** As much of an event as says where it belongs. */
export type Node = Pick<Event, "id" | "kind" | "parent_id">;

/** The ids of the events from the root to `leafId`. Events without a parent are a chain. */
export function pathTo(leafId: string | undefined, events: readonly Node[]): ReadonlySet<string> {
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

function idBefore(index: number, events: readonly Node[]): string | undefined {
  return events.slice(0, index).findLast(({ kind }) => kind !== "ConversationStateUpdateEvent")?.id;
}
