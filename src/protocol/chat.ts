import * as z from "zod";
import { ImageUrl, maxImages, PageCommand } from "./commands.ts";
import { parseEvent } from "./events.ts";
import { ConversationId, EventId } from "./ids.ts";
import { Notification } from "./notifications.ts";
import { ConfirmMode } from "./settings.ts";
import { StateShape } from "./state.ts";

/** What the chat view and the extension say to each other; both sides parse what they get. */

/** Palette commands that the view has a button for. */
export const DoorCommand = z.enum([
  "newConversation",
  "showHistory",
  "setApiKey",
  "selectModel",
  "selectMode",
  "useDemoModel",
  "openDemoWorkspace",
  "openInEditor",
  "openSettings",
  "showLog",
  "openFolder",
  "manageTrust",
  "reviewChanges",
  "raiseLimits",
  "selectRuntime",
  "reconnectServer",
]);
export type DoorCommand = z.infer<typeof DoorCommand>;

/** A picture that goes with a message: a `data:` URL, and what it is called. */
export const Picture = z.object({ url: ImageUrl, name: z.string() });
export type Picture = z.infer<typeof Picture>;

const Seq = z.number().int().min(0);
/** A number that the answer comes back with. */
const requestId = z.number().int();

export const ChatRequest = z.discriminatedUnion("type", [
  /** The view is (again) able to draw. It has events up to `afterSeq` of `conversationId`; -1 when it has none. */
  z.object({ type: z.literal("chat.ready"), conversationId: ConversationId.nullable(), afterSeq: z.number().int().min(-1) }),
  /** The keyboard has come into the view: what the palette does with a conversation is for this one. */
  z.object({ type: z.literal("chat.focused") }),
  /** Older events, those right before `beforeSeq`; answered by `page`. */
  z.object({ type: z.literal("events.before"), conversationId: ConversationId, beforeSeq: Seq }),
  /** A new conversation with the door's settings, and its first message. */
  z.object({ type: z.literal("task.start"), text: z.string(), images: z.array(ImageUrl).max(maxImages).optional() }),
  z.object({ type: z.literal("command"), command: PageCommand }),
  z.object({ type: z.literal("door"), command: DoorCommand }),
  /** An http(s) address that the person clicked. */
  z.object({ type: z.literal("link.open"), url: z.string() }),
  /** A file that the person clicked, absolute; `line` counts from 1. */
  z.object({ type: z.literal("file.open"), path: z.string(), line: z.number().int().min(1).optional() }),
  /** The diff of one edit in VS Code's diff editor; while the edit waits for an answer, what it would make of the file. */
  z.object({ type: z.literal("edit.diff"), actionId: EventId }),
  /** Takes one edit back, unless the file has changed since. */
  z.object({ type: z.literal("edit.revert"), actionId: EventId }),
  /** The whole text of an action's result, which the view has only a part of, in an editor. */
  z.object({ type: z.literal("result.open"), actionId: EventId }),
  z.object({ type: z.literal("terminal.show") }),
  /** What is in the composer and not sent: it is there again wherever this conversation is shown. */
  z.object({ type: z.literal("draft.save"), conversationId: ConversationId.nullable(), text: z.string() }),
  /** The pictures beside that text, all of them; kept for as long as the window. */
  z.object({ type: z.literal("pictures.save"), conversationId: ConversationId.nullable(), pictures: z.array(Picture).max(maxImages) }),
  /** Files of the workspace whose path has `query` in it, best first; answered by `files.found`. */
  z.object({ type: z.literal("files.find"), requestId, query: z.string().max(200) }),
  /** The colours of a block of code; answered by `code.highlighted`. `language` is what stands behind the fence. */
  z.object({ type: z.literal("code.highlight"), requestId, language: z.string().max(100), text: z.string().max(100_000) }),
]);
export type ChatRequest = z.infer<typeof ChatRequest>;

/** Whether it carries what the person has written. */
export function isMessage(request: ChatRequest): boolean {
  return request.type === "task.start" || (request.type === "command" && request.command.type === "message.send");
}

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
  /** The wall in words, such as "Local · no sandbox"; empty while it is not known yet. */
  wall: z.string(),
  /** The server that has it, and its files; absent: this machine. */
  server: z.string().optional(),
  /** When it asks before it acts. */
  mode: ConfirmMode,
  workingDir: z.string(),
  /** All folders of the window, `workingDir` among them; paths are shown as `folder/path` when there are several. */
  folders: z.array(z.string()),
  /** What is in the composer of this conversation and was not sent. */
  draft: z.string(),
  /** Minutes as `Date.getTimezoneOffset` gives them where the log's timestamps are made; absent: same as the view's. */
  timezoneOffset: z.number().optional(),
  /** Three tasks to start with. */
  sampleTasks: z.array(z.string()),
});
export type ChatSession = z.infer<typeof ChatSession>;

const EventShape = z.unknown().transform(parseEvent);

/** A file that the conversation has changed, as it is now against how it was before. */
export const ChangedFile = z.object({
  path: z.string(),
  status: z.enum(["created", "changed"]),
  added: z.number().int(),
  removed: z.number().int(),
});
export type ChangedFile = z.infer<typeof ChangedFile>;

/** A piece of a line of code in one colour: CSS colour, `""` for the usual one, and whether it is bold (1), italic (2), or both (3). */
export const CodeToken = z.tuple([z.string(), z.string(), z.number().int()]);
export type CodeToken = z.infer<typeof CodeToken>;

export const ChatUpdate = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session"), session: ChatSession }),
  /**
   * All that is shown of the conversation begins anew with this; notifications go on behind the last event. What is long in an event may be
   * shortened (`shortened.ts` says how); `progress.changes` of the state is empty.
   */
  z.object({
    type: z.literal("snapshot"),
    conversationId: ConversationId,
    snapshot: z.object({ state: StateShape, firstSeq: Seq, events: z.array(EventShape) }),
  }),
  /** Older events; the last of them is the one before the oldest that the view has. */
  z.object({ type: z.literal("page"), conversationId: ConversationId, firstSeq: Seq, events: z.array(EventShape) }),
  /** The pictures in the composer of this conversation, where there are some and the page has none. */
  z.object({ type: z.literal("pictures"), conversationId: ConversationId.nullable(), pictures: z.array(Picture) }),
  /** In order; batched so that a busy run costs few messages. */
  z.object({ type: z.literal("notifications"), notifications: z.array(Notification) }),
  /** The files that the conversation has changed by edits, after each of them. */
  z.object({ type: z.literal("changes"), conversationId: ConversationId, files: z.array(ChangedFile) }),
  /** A request could not be done: a sentence for the person. `isUnsent`: it carried what they had written, which is theirs again. */
  z.object({ type: z.literal("failed"), message: z.string(), isUnsent: z.boolean().optional() }),
  /** Put the keyboard into the composer, with this text when it is empty. */
  z.object({ type: z.literal("compose"), text: z.string() }),
  /** Put this behind what is in the composer, on a line of its own, and the keyboard behind it. */
  z.object({ type: z.literal("insert"), text: z.string() }),
  /** Answer the question, as the palette's commands do. */
  z.object({ type: z.literal("answer"), accept: z.boolean() }),
  /** Move the keyboard, or what is in view, as the palette's commands do. */
  z.object({ type: z.literal("move"), to: z.enum(["previousMessage", "nextMessage", "nextPart"]) }),
  z.object({ type: z.literal("files.found"), requestId, paths: z.array(z.string()) }),
  /** Absent lines: the language is not known here, and the block stays as it is. */
  z.object({ type: z.literal("code.highlighted"), requestId, lines: z.array(z.array(CodeToken)).optional() }),
  /** The colour theme has changed: colours of code are asked for anew. */
  z.object({ type: z.literal("theme.changed") }),
]);
export type ChatUpdate = z.infer<typeof ChatUpdate>;
