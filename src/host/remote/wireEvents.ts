import { createHash } from "node:crypto";
import * as z from "zod";
import { localTimestamp } from "../../conversation/localTimestamp.ts";
import { Content } from "../../protocol/content.ts";
import { type Event, parseEvent } from "../../protocol/events.ts";
import { EventId } from "../../protocol/ids.ts";
import { wholeStats } from "./wireStats.ts";

/** What a server tells, made into what our doors understand. `wire` is when it was, in the server's own words. */
export type Told =
  | { readonly type: "event"; readonly event: Event; readonly wire: string }
  | { readonly type: "delta"; readonly content?: string; readonly reasoning_content?: string }
  | { readonly type: "full_state"; readonly value: unknown; readonly wire: string }
  | { readonly type: "trouble"; readonly message: string };

const Common = z.looseObject({ kind: z.string(), id: z.string().min(1), timestamp: z.string(), source: z.unknown() });
type Common = z.infer<typeof Common>;
const sources = z.enum(["agent", "user", "environment", "hook"]);
const Delta = z.looseObject({ content: z.string().nullish(), reasoning_content: z.string().nullish() });
const Trouble = z.looseObject({ code: z.string().catch(""), detail: z.string().catch("") });
const Update = z.looseObject({ key: z.string(), value: z.unknown() });

/**
 * Reads one event of the protocol, from REST or from the socket. Nulls are left out; what a known kind lacks gets the protocol's default, and one
 * that cannot be read all the same is kept as of a kind that nobody knows. Undefined: it is no event at all.
 *
 * `shiftMs` is added to its time, which is the server's local one (agent-server protocol §12).
 */
export function readTold(value: unknown, shiftMs: number): Told | undefined {
  const common = Common.safeParse(withoutNulls(value)).data;
  if (common === undefined) return undefined;
  const { timestamp: wire } = common;
  switch (common.kind) {
    case "StreamingDeltaEvent": {
      const { content, reasoning_content } = Delta.parse(common);
      return { type: "delta", ...(content ? { content } : {}), ...(reasoning_content ? { reasoning_content } : {}) };
    }
    case "ServerErrorEvent": {
      const { code, detail } = Trouble.parse(common);
      return { type: "trouble", message: `The server reports: ${detail || code}.` };
    }
    case "ConversationStateUpdateEvent": {
      const update = Update.safeParse(common).data;
      if (update?.key === "full_state") return { type: "full_state", value: update.value, wire };
    }
  }
  return { type: "event", event: readEvent(common, shiftMs), wire };
}

/** Milliseconds by which the server's local time lags behind ours; a whole number of quarter hours, which is what zones differ by. */
export function shiftOf(now: number, wire: string): number {
  const there = Date.parse(wire);
  return Number.isNaN(there) ? 0 : Math.round((now - there) / quarterHourMs) * quarterHourMs;
}

const quarterHourMs = 15 * 60_000;

function readEvent(common: Common, shiftMs: number): Event {
  const event = {
    ...defaults[common.kind],
    ...withoutMadeSummary(common),
    id: EventId.safeParse(common.id).data ?? hexOf(common.id),
    timestamp: shifted(common.timestamp, shiftMs),
    source: sources.catch("environment").parse(common.source),
    ...(common.kind === "ConversationStateUpdateEvent" && common["key"] === "stats" ? { value: wholeStats(common["value"]) } : {}),
  };
  for (const candidate of [event, withStrangers(event), { ...event, kind: `Unread${common.kind}` }]) {
    try {
      return parseEvent(candidate);
    } catch {
      // The next one says less of it.
    }
  }
  return parseEvent({ kind: `Unread${common.kind}`, id: event.id, timestamp: event.timestamp, source: event.source });
}

/** A server makes one of the tool's name and its arguments where the agent has said none; nobody has said that. */
function withoutMadeSummary(common: Common): Common {
  const { summary, ...rest } = common;
  const isMade = typeof summary === "string" && summary.startsWith(`${String(common["tool_name"])}: {`);
  return isMade ? rest : common;
}

const unclassified = { kind: "unknown", retryable: false, user_action: "none" };
const call = { tool_name: "", tool_call_id: "" };

/** What the protocol leaves out where it is empty, and what older servers do not say. */
const defaults: Readonly<Record<string, object>> = {
  MessageEvent: { activated_skills: [], extended_content: [] },
  ActionEvent: { thought: [], thinking_blocks: [], security_risk: "UNKNOWN", llm_response_id: "", ...call },
  ObservationEvent: { extended_content: [], ...call },
  UserRejectObservation: { rejection_reason: "", rejection_source: "user", ...call },
  AgentErrorEvent: { classification: unclassified, error: "", ...call },
  ConversationErrorEvent: { classification: unclassified, code: "", detail: "" },
  SystemPromptEvent: { tools: [] },
  Condensation: { forgotten_event_ids: [], llm_response_id: "" },
};

const Inner = z.looseObject({ kind: z.string() });

/** An action or observation whose fields are not those that we know is one of a tool that we do not know. */
function withStrangers(event: Record<string, unknown>): Record<string, unknown> {
  const action = Inner.safeParse(event["action"]).data;
  const observation = Inner.safeParse(event["observation"]).data;
  return {
    ...event,
    ...(action ? { action: { ...action, kind: `Unread${action.kind}` } } : {}),
    ...(observation
      ? {
          observation: {
            ...observation,
            kind: `Unread${observation.kind}`,
            content: z.array(Content).catch([]).parse(observation["content"]),
            is_error: observation["is_error"] === true,
          },
        }
      : {}),
  };
}

function shifted(timestamp: string, shiftMs: number): string {
  const time = Date.parse(timestamp);
  const isZoned = /(?:[zZ]|[+-]\d\d:?\d\d)$/.test(timestamp);
  if (Number.isNaN(time) || (shiftMs === 0 && !isZoned)) return timestamp;
  // Microseconds stay, because the order of events is that of their timestamps.
  const micros = /\.\d{3}(\d{3})/.exec(timestamp)?.[1] ?? "000";
  return `${localTimestamp(new Date(time + (isZoned ? 0 : shiftMs))).slice(0, -3)}${micros}`;
}

/** Ids of other servers may be of any form. */
function hexOf(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 32);
}

/** At all depths of objects; an array keeps its length. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => withoutNulls(inner));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])));
}
