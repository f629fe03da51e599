import * as z from "zod";
import { Content, textContent } from "../content.ts";
import { Limit } from "./base.ts";
import { ConversationPath, MessageInput } from "./conversations.ts";
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

export const ConfirmationAnswer = z.object({ accept: z.boolean(), reason: z.string().default("User rejected the action.") });
export type ConfirmationAnswer = z.infer<typeof ConfirmationAnswer>;

/** By POST at one path come a message, and the ids of events that are wanted. */
export const MessageOrIds = z.union([EventIds, MessageInput.extend({ content: z.array(Content) })]);

/** How a client of the event socket asks for what has been before (§3.1). */
export const EventSocketQuery = z.object({
  resend_mode: z.enum(["all", "since"]).optional(),
  /** With `since`: what has this time or a later one. */
  after_timestamp: Moment.optional(),
  /** An older word for `resend_mode=all`. */
  resend_all: z.stringbool().optional(),
});
export type EventSocketQuery = z.infer<typeof EventSocketQuery>;

/** What a client says over the event socket: a run always begins, and a text alone will do. */
export const SocketMessage = z.object({
  role: z.string().default("user"),
  content: z.union([z.string().transform((text) => [textContent(text)]), z.array(Content)]),
});

/** The first frame of a client that has shown no key before (§1.3). */
export const AuthFrame = z.looseObject({ type: z.literal("auth"), session_api_key: z.string() });

/** One that comes when nobody needs it any more. */
export const LateAuthFrame = z.strictObject({ type: z.literal("auth"), session_api_key: z.unknown().optional() });
