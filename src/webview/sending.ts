import type { ChatSession } from "../protocol/chat.ts";
import type { View } from "../protocol/view.ts";
import type { Chat } from "./chat.ts";
import { canStop, isAway, isWritable } from "./status.ts";

/** Longer texts belong into a file; the agent reads that in parts. */
const maxCharacters = 1_000_000;

/** Why nothing can be sent now, as a sentence without its full stop; empty when it can. */
export function hindranceOf(chat: Chat, session: ChatSession): string {
  const view = chat.view.value;
  if (chat.starting.value !== undefined) return "The conversation is starting";
  if (view.isDeleted) return "The conversation was deleted";
  if (isAway(view)) return "The server cannot be reached";
  if (view.readOnly !== undefined) return "This conversation can only be read here";
  if (session.readiness !== "ready") return missing[session.readiness];
  const { length } = chat.draft.value;
  return length > maxCharacters
    ? `The message has ${length.toLocaleString("en-US")} characters, and at most ${maxCharacters.toLocaleString("en-US")} can be sent; put the text into a file and name that`
    : "";
}

const missing = {
  "no-folder": "Open a folder first",
  untrusted: "Trust this folder first",
  "no-model": "Choose a model first",
} as const;

/** What the empty composer says. */
export function placeholderOf(view: View, session: ChatSession): string {
  if (isAway(view)) return "The server cannot be reached";
  if (!isWritable(view)) return "This conversation can only be read";
  if (session.readiness !== "ready") return missing[session.readiness];
  const words = canStop(view) ? "Queue a message" : "Ask for a change";
  // The files of a server cannot be looked up from here.
  return session.server === undefined ? `${words}, @ for context` : words;
}
