import { isDeepStrictEqual } from "node:util";
import type { ConversationId } from "../protocol/ids.ts";
import type { Log } from "../protocol/log.ts";
import { type Activity, type ActivityNotice, activityOf } from "../protocol/summary.ts";
import type { ActivityListener } from "./agentHost.ts";
import type { Mode } from "./mode.ts";

/** What goes on in all conversations that are open, for whoever wants to know. */
export class Watch {
  readonly #log: Log;
  readonly #listeners = new Set<ActivityListener>();
  readonly #present = new Map<ConversationId, Activity>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `listener` is told at once of all that are open. */
  add(listener: ActivityListener): Disposable {
    this.#listeners.add(listener);
    for (const activity of this.#present.values()) this.#pass(listener, { type: "changed", activity });
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** It is looked at whenever an event comes. */
  follow(id: ConversationId, mode: Mode): void {
    if (mode.kind === "closed") return this.end(id, "closed");
    const { conversation, kind } = mode;
    const look = (): void => this.see(activityOf(id, conversation.state, kind === "reading"));
    conversation.onAppended(look);
    look();
  }

  end(id: ConversationId, type: "closed" | "deleted"): void {
    if (this.#present.delete(id)) this.#tell({ type, id });
  }

  /** Told to all when it is not as it was. */
  see(activity: Activity): void {
    const before = this.#present.get(activity.id);
    if (isDeepStrictEqual(before, activity)) return;
    this.#present.set(activity.id, activity);
    this.#tell({ type: "changed", activity });
  }

  #tell(notice: ActivityNotice): void {
    for (const listener of this.#listeners) this.#pass(listener, notice);
  }

  #pass(listener: ActivityListener, notice: ActivityNotice): void {
    try {
      listener(notice);
    } catch (error) {
      // A fault of one door must reach neither the others nor the run.
      this.#log.error("a listener failed", { error: String(error) });
    }
  }
}
