import type { EventDraft } from "../conversation/conversation.ts";
import { textContent } from "../protocol/content.ts";
import type { Event } from "../protocol/events.ts";

export const emptyAnswer = "Your last answer was empty. Go on with the task by calling a tool, or call finish when it is done.";
export const cutOffAnswer =
  "Your last answer was cut off at its length limit. Go on from where it ended, in smaller parts; put long texts into files with your tools.";

/** A word to the model in the person's place. */
export function nudge(text: string): EventDraft {
  return {
    kind: "MessageEvent",
    source: "environment",
    llm_message: { role: "user", content: [textContent(text)], thinking_blocks: [] },
    activated_skills: [],
    extended_content: [],
  };
}

/** How many nudges stand at the end of the log, with nothing but the model's messages between them. */
export function nudgesInARow(events: readonly Event[]): number {
  let count = 0;
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.kind === "ConversationStateUpdateEvent") continue;
    if (event?.kind !== "MessageEvent" || event.source === "user") break;
    if (event.source === "environment" && event.activated_skills.length === 0) count++;
  }
  return count;
}
