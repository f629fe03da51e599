import { ChatHistory } from "../llm/chatHistory.ts";
import type { Event } from "../protocol/events.ts";

/**
 * What the steps of one run need to know of all events, kept up to date by looking at each event once. `catchUp` before anything is read.
 */
export class Known {
  readonly history = new ChatHistory();
  readonly callIds = new Set<string>();
  readonly replyIds = new Set<string>();
  /** Whether somebody has asked for a condensation that has not been made. */
  isCondensationWanted = false;
  /** Whether the model has said nothing since the last condensation: another one would help no more than that did. */
  hasJustCondensed = false;
  #count = 0;

  catchUp(events: readonly Event[]): void {
    for (; this.#count < events.length; this.#count++) this.#see(events[this.#count]);
  }

  #see(event: Event | undefined): void {
    switch (event?.kind) {
      case "ActionEvent":
        this.callIds.add(event.tool_call_id);
        this.replyIds.add(event.llm_response_id);
        this.hasJustCondensed = false;
        break;
      case "MessageEvent":
        if (event.llm_response_id) this.replyIds.add(event.llm_response_id);
        if (event.source === "agent") this.hasJustCondensed = false;
        break;
      case "CondensationRequest":
        this.isCondensationWanted = true;
        break;
      case "Condensation":
        this.isCondensationWanted = false;
        this.hasJustCondensed = true;
        break;
      default:
        break;
    }
  }
}
