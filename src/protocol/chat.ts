import * as z from "zod";
import { Command } from "./commands.ts";
import { ConversationId } from "./ids.ts";
import { Notification } from "./notifications.ts";

/** What the chat view and the extension say to each other; both sides parse what they get. */

/** Palette commands that the view has a button for. */
export const DoorCommand = z.enum([
  "setApiKey",
  "selectModel",
  "useDemoModel",
  "openDemoWorkspace",
  "showLog",
  "openFolder",
  "manageTrust",
]);
export type DoorCommand = z.infer<typeof DoorCommand>;

export const ChatRequest = z.discriminatedUnion("type", [
  /** The view is (again) able to draw. It has events up to `afterSeq` of `conversationId`; -1 when it has none. */
  z.object({ type: z.literal("chat.ready"), conversationId: ConversationId.nullable(), afterSeq: z.number().int().min(-1) }),
  /** A new conversation with the door's settings, and its first message. */
  z.object({ type: z.literal("task.start"), text: z.string().min(1) }),
  z.object({ type: z.literal("command"), command: Command }),
  z.object({ type: z.literal("door"), command: DoorCommand }),
  /** An http(s) address that the person clicked. */
  z.object({ type: z.literal("link.open"), url: z.string() }),
  /** A file that the person clicked, absolute. */
  z.object({ type: z.literal("file.open"), path: z.string() }),
  z.object({ type: z.literal("terminal.show") }),
]);
export type ChatRequest = z.infer<typeof ChatRequest>;

/** What is true around the conversation: where it acts, with which model, and why it cannot, if it cannot. */
export const ChatSession = z.object({
  /** Null: a new conversation begins with the next task. */
  conversationId: ConversationId.nullable(),
  readiness: z.enum(["ready", "no-folder", "untrusted", "no-model"]),
  /** As shown under the composer, such as "gpt-5" or "Demo". */
  modelLabel: z.string(),
  isDemo: z.boolean(),
  /** Whether the demo can run in this folder: only its own sample workspace has the task. */
  isDemoWorkspace: z.boolean(),
  /** The wall in words, such as "Local · no sandbox". */
  wall: z.string(),
  /** In words: when it asks before it acts. */
  confirmLabel: z.string(),
  workingDir: z.string(),
  /** Minutes as `Date.getTimezoneOffset` gives them where the log's timestamps are made; absent: same as the view's. */
  timezoneOffset: z.number().optional(),
  /** Three tasks to start with. */
  sampleTasks: z.array(z.string()),
});
export type ChatSession = z.infer<typeof ChatSession>;

export const ChatUpdate = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session"), session: ChatSession }),
  /** In order; batched so that a busy run costs few messages. */
  z.object({ type: z.literal("notifications"), notifications: z.array(Notification) }),
  /** The last request could not be done: a sentence for the person. */
  z.object({ type: z.literal("failed"), message: z.string() }),
  /** Put the keyboard into the composer, with this text when it is empty. */
  z.object({ type: z.literal("compose"), text: z.string() }),
]);
export type ChatUpdate = z.infer<typeof ChatUpdate>;
