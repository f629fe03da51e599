import * as z from "zod";
import { SecurityAnalyzer } from "./agentServer/agent.ts";
import { ConversationId, EventId } from "./ids.ts";
import { EnvironmentName } from "./runtime.ts";
import { RuntimeRef } from "./sandbox.ts";
import { ConfirmationPolicy, ConversationStart, Limits, LlmRef } from "./state.ts";

/** A picture in the message itself, as a `data:` URL of at most 5 MB. */
export const ImageUrl = z
  .string()
  .max(7_000_000)
  .regex(/^data:image\/(png|jpeg|gif|webp);base64,/);
/** In one message. */
export const maxImages = 20;

/** Keys of ConversationStateUpdateEvents that a server writes for its clients. */
export const openStateKeys = ["goal", "agent_state", "tags"] as const;

const target = { conversationId: ConversationId };

/** Of the conversation that it shows, the page of a chat may ask these; it can neither change what is asked about, nor models, nor secrets. */
const ofPage = [
  z.object({ type: z.literal("conversation.rename"), ...target, title: z.string().trim().min(1).max(200) }),
  z.object({ type: z.literal("conversation.restore"), ...target }),
  /** Another window or program writes to it; from now on this host does, and the other one reads. */
  z.object({ type: z.literal("conversation.take_over"), ...target }),
  /** Without `run: false` a run begins, unless one is going. */
  z.object({
    type: z.literal("message.send"),
    ...target,
    text: z.string(),
    images: z.array(ImageUrl).max(maxImages).optional(),
    run: z.boolean().optional(),
  }),
  z.object({ type: z.literal("run.start"), ...target }),
  z.object({ type: z.literal("run.pause"), ...target }),
  z.object({ type: z.literal("run.interrupt"), ...target }),
  z.object({
    type: z.literal("confirmation.respond"),
    ...target,
    accept: z.boolean(),
    reason: z.string().optional(),
    /** With `accept`: exactly these commands need no answer again in this conversation, as long as the host has it open. */
    remember: z.boolean().optional(),
    actionIds: z.array(EventId).min(1),
    /** Without `accept`: false says that nothing begins by that, whatever the reason tells the agent. */
    run: z.boolean().optional(),
  }),
  /** From the next run on; absent limits do not hold any more. `maxIterations` stays as it is when absent. */
  z.object({ type: z.literal("limits.set"), ...target, limits: Limits, maxIterations: z.number().int().min(1).optional() }),
] as const;

export const PageCommand = z.discriminatedUnion("type", ofPage);
export type PageCommand = z.infer<typeof PageCommand>;

/**
 * What a person asks of the host, from any door. Doors parse with this schema; behind it nobody checks again.
 *
 * `confirmation.respond` names the actions that the person saw; the host refuses it when others are pending.
 * `message.send` to a waiting conversation is appended and resolves nothing.
 */
export const Command = z.discriminatedUnion("type", [
  ...ofPage,
  z.object({ type: z.literal("conversation.create"), start: ConversationStart }),
  /** Stops it first. For thirty days `conversation.restore` brings it back. */
  z.object({ type: z.literal("conversation.delete"), ...target }),
  /** A new conversation `forkId` with the events from the first up to `atEventId`, on its branch, or all. With `resetMetrics` nothing is counted of it. */
  z.object({
    type: z.literal("conversation.fork"),
    ...target,
    forkId: ConversationId,
    atEventId: EventId.optional(),
    resetMetrics: z.boolean().optional(),
  }),
  z.object({ type: z.literal("confirmation_policy.set"), ...target, policy: ConfirmationPolicy }),
  /** What the person has done outside of the conversation, in words for the model: it is told with their next message. Kept in memory until then. */
  z.object({ type: z.literal("note.add"), ...target, text: z.string() }),
  /**
   * Another image or network for the conversation's sandbox. Another image is opened by the next run; the network of one that is open is changed
   * by the door. Refused when it is of another kind, or sees the workspace in another way, and the agent has worked already.
   */
  z.object({ type: z.literal("runtime.set"), ...target, runtime: RuntimeRef }),
  /**
   * The next event follows this one; null: it begins anew. Nothing is deleted, but the model reads only the branch that ends there. Refused while a
   * run is going.
   */
  z.object({ type: z.literal("head.set"), ...target, eventId: EventId.nullable() }),
  /** Makes what the model reads shorter now, by a run of one step. Refused where nothing condenses. */
  z.object({ type: z.literal("conversation.condense"), ...target }),
  /** Writes one value into the state that is not the engine's own: it is kept, told and given back, and nothing acts by it but what set it. */
  z.object({ type: z.literal("state.set"), ...target, key: z.enum(openStateKeys), value: z.unknown() }),
  /** Null: every risk is unknown. */
  z.object({ type: z.literal("security_analyzer.set"), ...target, analyzer: SecurityAnalyzer.nullable() }),
  /** Ends the runtime and the run that uses it; the next run opens another one. What is in no file of the workspace is lost with it. */
  z.object({ type: z.literal("runtime.end"), ...target }),
  /** From the next run on, the conversation talks to this model. */
  z.object({ type: z.literal("llm.set"), ...target, llm: LlmRef }),
  /**
   * Adds to the secrets of the conversation, by name. They are known while the host has it open, and never stored: their values are masked
   * in all that is kept, shown or sent to the model; a command that names one has it in its environment. At least four characters each.
   */
  z.object({ type: z.literal("secrets.set"), ...target, secrets: z.record(EnvironmentName, z.string()) }),
]);
export type Command = z.infer<typeof Command>;
export type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;
