import * as z from "zod";
import { localTimestamp } from "../../conversation/localTimestamp.ts";
import type { ConversationStateUpdateEvent } from "../../protocol/events.ts";
import { ConversationId, EventId } from "../../protocol/ids.ts";
import { type ConversationState, ExecutionStatus, initialState, reduceState, type StateFacts } from "../../protocol/state.ts";
import { type ListedConversation, summaryOf } from "../../protocol/summary.ts";
import { wholeStats } from "./wireStats.ts";

/** A conversation as the server tells of it (agent-server protocol §2.2, §4.9); what cannot be read counts as absent. */
export const ConversationInfo = z.looseObject({
  id: z.string(),
  title: z.string().nullish().catch(undefined),
  execution_status: ExecutionStatus.nullish().catch(undefined),
  created_at: z.string().nullish().catch(undefined),
  updated_at: z.string().nullish().catch(undefined),
});
export type ConversationInfo = z.infer<typeof ConversationInfo>;

export const InfoPage = z.looseObject({ items: z.array(z.unknown()), next_page_id: z.string().nullish() });

/** Dashed, as our ids are; the protocol has them without dashes in places. */
export function idOf(id: string): ConversationId | undefined {
  const hex = id.replaceAll("-", "").toLowerCase();
  return ConversationId.safeParse(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")).data;
}

/** Keys of the state object that our state has as well. */
const keys = ["workspace", "agent", "confirmation_policy", "max_iterations", "execution_status", "title", "stats"] as const;
const anyId = EventId.parse("00000000-0000-4000-8000-000000000000");

/** What is said there of the conversation beside its events. */
export function factsOf(info: unknown): StateFacts {
  const object = z.record(z.string(), z.unknown()).catch({}).parse(info);
  let state: ConversationState = initialState;
  for (const key of keys) {
    const value = object[key];
    if (value == null) continue;
    state = reduceState(state, update(key, key === "stats" ? wholeStats(value) : withoutNullsAtTop(value)));
  }
  const { progress: _, pending: __, usage, execution_status, ...rest } = state;
  return {
    ...rest,
    ...(state.usage === initialState.usage ? {} : { usage }),
    ...(object["execution_status"] == null ? {} : { execution_status }),
  };
}

/** `{agent: {llm: {base_url: null}}}` is an agent without a base URL. */
function withoutNullsAtTop(value: unknown, depth = 3): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth === 0) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNullsAtTop(inner, depth - 1)]));
}

function update(key: string, value: unknown): ConversationStateUpdateEvent {
  return { kind: "ConversationStateUpdateEvent", id: anyId, timestamp: "", source: "environment", key, value };
}

/** A row of the list; undefined when it has no id of ours. */
export function listedOf(value: unknown): ListedConversation | undefined {
  const info = ConversationInfo.safeParse(value).data;
  const id = info && idOf(info.id);
  if (info === undefined || id === undefined) return undefined;
  return {
    id,
    ...summaryOf(factsOf(info)),
    created_at: localTime(info.created_at),
    updated_at: localTime(info.updated_at ?? info.created_at),
    sizeBytes: 0,
    isOpenElsewhere: false,
  };
}

/** Times of a conversation are in UTC there, and local here. */
function localTime(time: string | null | undefined): string {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? "" : localTimestamp(new Date(at));
}
