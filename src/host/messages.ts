import type { EventDraft } from "../conversation/conversation.ts";
import { stateUpdate } from "../conversation/stamp.ts";
import { type Content, textContent } from "../protocol/content.ts";
import { HostError } from "./hostError.ts";

type MessageDraft = Extract<EventDraft, { readonly kind: "MessageEvent" }>;

/** More than any model reads. */
const maxCharacters = 2_000_000;
const longestTitle = 50;

/** The person's message, with notes that only the model reads; throws a HostError when it is empty, or too long to be of use. */
export function userMessage(text: string, images: readonly string[], notes: readonly string[]): MessageDraft {
  if (text.trim() === "" && images.length === 0)
    throw new HostError("not-possible", "The message is empty, so nothing was sent. Write what is to be done.");
  if (text.length > maxCharacters) {
    const sentence = `The message has ${text.length} characters, and at most ${maxCharacters} are taken. Put the text into a file of the folder, and name the file.`;
    throw new HostError("not-possible", sentence);
  }
  const pictures: Content[] = images.length === 0 ? [] : [{ type: "image", image_urls: [...images], cache_prompt: false }];
  return {
    kind: "MessageEvent",
    source: "user",
    llm_message: { role: "user", content: [textContent(text), ...pictures], thinking_blocks: [] },
    activated_skills: [],
    extended_content: notes.map((note) => textContent(note)),
  };
}

/** What the conversation is called: the beginning of its first message. One of pictures alone is called so. */
export function titleEvent(text: string): EventDraft {
  const line = text.trim().split("\n", 1)[0] || "Pictures";
  return stateUpdate("title", line.length > longestTitle ? `${line.slice(0, longestTitle - 3).replace(/[\uD800-\uDBFF]$/, "")}...` : line);
}
