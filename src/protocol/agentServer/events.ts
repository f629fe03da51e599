import * as z from "zod";
import { Content } from "../content.ts";
import { ConversationId } from "../ids.ts";
import { Limit } from "./base.ts";
import { naiveMicros } from "./naiveTime.ts";

/** The events of a conversation over REST and the event socket (agent-server protocol §2.3, §3.1, §4). */

/** An event as it leaves: the protocol's fields, whatever its kind. */
export const WireEvent = z.looseObject({
  kind: z.string(),
  id: z.string(),
  /** Naive local time with six fraction digits. */
  timestamp: z.string(),
  source: z.string(),
});
export type WireEvent = z.infer<typeof WireEvent>;

/** With dashes or without; as our ids are written. */
export const ConversationPath = z.object({
  conversation_id: z
    .string()
    .regex(/^[\da-fA-F]{8}-?(?:[\da-fA-F]{4}-?){3}[\da-fA-F]{12}$/, "Input should be a valid UUID")
    .transform((id) => id.replaceAll("-", "").toLowerCase())
    .transform((hex) =>
      ConversationId.parse([hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")),
    ),
});
export const EventPath = ConversationPath.extend({ event_id: z.string() });

/** Microseconds that can be compared with those of events; see `naiveMicros`. */
const Moment = z.string().transform((text, context) => {
  const micros = naiveMicros(text);
  if (micros !== undefined) return micros;
  context.addIssue({ code: "custom", message: "Input should be a valid datetime" });
  return z.NEVER;
});

/** Which events are meant; all, where nothing is said. */
export const EventFilter = z.object({
  /** A kind such as `MessageEvent`; what stands before the last dot is passed over. */
  kind: z.string().optional(),
  source: z.string().optional(),
  /** A text in a message, whatever its case. */
  body: z.string().optional(),
  timestamp__gte: Moment.optional(),
  timestamp__lt: Moment.optional(),
});
export type EventFilter = z.infer<typeof EventFilter>;

export const EventSearch = EventFilter.extend({
  sort_order: z.enum(["TIMESTAMP", "TIMESTAMP_DESC"]).default("TIMESTAMP"),
  /** The id of the page's first event; an unknown one begins at the start. */
  page_id: z.string().optional(),
  limit: Limit,
});
export type EventSearch = z.infer<typeof EventSearch>;

export const EventIds = z.array(z.string()).max(100);

export const EventPage = z.object({ items: z.array(WireEvent), next_page_id: z.string().nullable() });

/** `input` of one message may be a text alone over the socket, and is a list over REST. */
export const SendMessage = z.object({
  role: z.string().default("user"),
  content: z.array(Content),
  /** Begins a run, unless one is going. */
  run: z.boolean().default(false),
});
export type SendMessage = z.infer<typeof SendMessage>;

export const ConfirmationAnswer = z.object({ accept: z.boolean(), reason: z.string().default("User rejected the action.") });
export type ConfirmationAnswer = z.infer<typeof ConfirmationAnswer>;
