import * as z from "zod";
import { parseEvent } from "./events.ts";
import { ConversationId, EventId } from "./ids.ts";
import { StateFacts } from "./state.ts";

const target = { conversationId: ConversationId };
/** So much of a running action's output is kept for those who watch it: its last characters. */
export const mostLiveCharacters = 20_000;
/** Why a conversation can only be read here; `server-gone`: what is known of it is kept, and more comes when its server answers again. */
const ReadReason = z.enum(["in-use", "taken-over", "newer", "not-writable", "server-gone"]);
const Seq = z.number().int().min(0);

/**
 * What the host tells every door about one conversation.
 *
 * `event.appended` is durable and comes in `seq` order without gaps. The others are not stored: a `delta` is text of the
 * reply that is being written, replaced by the event that follows; `terminal.output` is output of a running action; `runtime.phase` is what is
 * being made ready before the agent can act, in words, empty when it is; `runtime.lost` says that the sandbox has gone, what is kept, and what to
 * do: the next run opens another one, and the run that was going ends with an error that says the same; `trouble` is what could
 * not be written into the log, such as that the disk is full; `access.changed` says whether commands are taken here, and if not, why: it
 * comes before anything else when they are not, and again when that changes; `state.changed` is what holds of the conversation from now on and was
 * said in no event. After `conversation.deleted` nothing more comes.
 */
export const Notification = z.discriminatedUnion("type", [
  z.object({ type: z.literal("event.appended"), ...target, seq: Seq, event: z.unknown().transform(parseEvent) }),
  z.object({ type: z.literal("delta"), ...target, content: z.string().optional(), reasoning_content: z.string().optional() }),
  z.object({ type: z.literal("terminal.output"), ...target, actionId: EventId, text: z.string() }),
  z.object({ type: z.literal("llm.waiting"), ...target, reason: z.string(), retryInMs: z.number() }),
  z.object({ type: z.literal("runtime.phase"), ...target, phase: z.string() }),
  z.object({ type: z.literal("runtime.lost"), ...target, message: z.string() }),
  z.object({ type: z.literal("trouble"), ...target, message: z.string() }),
  z.object({
    type: z.literal("access.changed"),
    ...target,
    access: z.enum(["write", "read"]),
    reason: ReadReason.optional(),
    message: z.string().optional(),
  }),
  z.object({ type: z.literal("state.changed"), ...target, state: StateFacts }),
  z.object({ type: z.literal("conversation.deleted"), ...target }),
]);
export type Notification = z.infer<typeof Notification>;
