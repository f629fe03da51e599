import * as z from "zod";
import { ConversationId, EventId } from "./ids.ts";
import { ConfirmationPolicy, ConversationStart, LlmRef } from "./state.ts";

const target = { conversationId: ConversationId };

/**
 * What a person asks of the host, from any door. Doors parse with this schema; behind it nobody checks again.
 *
 * `confirmation.respond` names the actions that the person saw; the host refuses it when others are pending.
 * `message.send` to a waiting conversation is appended and resolves nothing.
 */
export const Command = z.discriminatedUnion("type", [
  z.object({ type: z.literal("conversation.create"), start: ConversationStart }),
  z.object({ type: z.literal("message.send"), ...target, text: z.string().min(1) }),
  z.object({ type: z.literal("run.start"), ...target }),
  z.object({ type: z.literal("run.pause"), ...target }),
  z.object({ type: z.literal("run.interrupt"), ...target }),
  z.object({
    type: z.literal("confirmation.respond"),
    ...target,
    accept: z.boolean(),
    reason: z.string().optional(),
    actionIds: z.array(EventId).min(1),
  }),
  z.object({ type: z.literal("confirmation_policy.set"), ...target, policy: ConfirmationPolicy }),
  /** From the next run on, the conversation talks to this model. */
  z.object({ type: z.literal("llm.set"), ...target, llm: LlmRef }),
]);
export type Command = z.infer<typeof Command>;
export type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;
