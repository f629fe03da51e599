import type { EventFilter, EventSearch } from "../../protocol/agentServer/events.ts";
import { textOf } from "../../protocol/content.ts";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { Shown } from "./wire.ts";
import type { EventHost, WireLog } from "./wireLog.ts";

export interface FoundEvents {
  readonly items: readonly Event[];
  readonly next_page_id: string | null;
}

/** So many events are in memory at once while texts are compared. */
const mostAtOnce = 500;

/**
 * A page of the events that fit (agent-server protocol §2.0, §2.3). It begins with the event that `page_id` names, or with the next one that
 * fits; an unknown one is the start. What cannot be read is passed over.
 */
export async function search(log: WireLog, wanted: EventSearch, signal: AbortSignal): Promise<FoundEvents> {
  const step = wanted.sort_order === "TIMESTAMP_DESC" ? -1 : 1;
  const named = wanted.page_id === undefined ? undefined : await log.find(wanted.page_id);
  const first = named?.row ?? (step === 1 ? 0 : log.index.count - 1);
  const items: Event[] = [];
  // One more than wanted, whose id is where the next page begins.
  for await (const event of fitting(log, log.index.rows(first, wanted, step), { ...wanted, atOnce: wanted.limit + 1 })) {
    signal.throwIfAborted();
    if (items.length === wanted.limit) return { items, next_page_id: event.id };
    items.push(event);
  }
  return { items, next_page_id: null };
}

/**
 * The newest events of a long log, read without its index; undefined where that cannot be, or where only the index knows. Who opens a conversation
 * asks for these first.
 */
export async function newest(host: EventHost, id: ConversationId, wanted: EventSearch): Promise<FoundEvents | undefined> {
  const { kind, source, body, timestamp__gte, timestamp__lt, page_id, sort_order, limit } = wanted;
  if ([kind, source, body, timestamp__gte, timestamp__lt, page_id].some((wish) => wish !== undefined)) return undefined;
  if (sort_order !== "TIMESTAMP_DESC") return undefined;
  // Some of them clients do not see.
  const { events, firstSeq } = await host.page(id, { limit: limit * 2 });
  if (firstSeq === 0) return undefined;
  const shown = Shown.begun();
  const found = events.filter((event) => shown.has(event)).reverse();
  const next = found[limit];
  return next && { items: found.slice(0, limit), next_page_id: next.id };
}

/** How many events fit; without any wish this reads nothing. */
export async function count(log: WireLog, filter: EventFilter, signal: AbortSignal): Promise<number> {
  if (Object.values(filter).every((value) => value === undefined)) return log.index.count;
  const rows = log.index.rows(0, filter);
  let found = 0;
  if (filter.body === undefined) for (const _ of rows) found++;
  else
    for await (const _ of fitting(log, rows, { ...filter, atOnce: mostAtOnce })) {
      signal.throwIfAborted();
      found++;
    }
  return found;
}

/** `atOnce`: how many are read at once where all that are read fit. */
interface Fitting {
  readonly body?: string | undefined;
  readonly atOnce: number;
}

async function* fitting(log: WireLog, rows: Iterable<number>, { body, atOnce }: Fitting): AsyncGenerator<Event> {
  const needle = body?.toLowerCase();
  let piece: number[] = [];
  const size = needle === undefined ? atOnce : mostAtOnce;
  for (const row of rows) {
    if (piece.push(row) < size) continue;
    yield* await readable(log, piece, needle);
    piece = [];
  }
  yield* await readable(log, piece, needle);
}

async function readable(log: WireLog, rows: readonly number[], needle: string | undefined): Promise<Event[]> {
  const events = await log.read(rows);
  return events.filter((event) => event !== undefined).filter((event) => needle === undefined || says(event, needle));
}

/** In messages only: what was said, what was added to it for the model, and what the model thought (§10.19). */
function says(event: Event, needle: string): boolean {
  if (event.kind !== "MessageEvent") return false;
  const { llm_message, extended_content } = event;
  const texts = [textOf(llm_message.content), textOf(extended_content), llm_message.reasoning_content ?? ""];
  return texts.some((text) => text.toLowerCase().includes(needle));
}
