import type { Command } from "../protocol/commands.ts";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { ActivityNotice, ListedConversation } from "../protocol/summary.ts";
import type { Snapshot } from "../protocol/view.ts";

export type NotificationListener = (notification: Notification) => void;
export type ActivityListener = (notice: ActivityNotice) => void;

/** Some events of a conversation, oldest first; `seq` of the first is `firstSeq`, and `count` is how many there are in all. */
export interface Page {
  readonly events: readonly Event[];
  readonly firstSeq: number;
  readonly count: number;
}

/** A conversation as it was when somebody began to listen. */
export interface Followed extends Disposable {
  readonly snapshot: Snapshot;
}

/**
 * What a door works with: commands in, notifications out. `Host` is the one whose agents work here, `RemoteHost` one on a server.
 *
 * **Contract:** Everything rejects with a sentence for the person, and after it is disposed everything is refused. A listener must not throw.
 */
export interface AgentHost extends AsyncDisposable {
  /** Resolves when the command has taken effect and its events are durable; a run goes on by itself. Rejects with a HostError or ConversationError. */
  handle(command: Command): Promise<void>;

  /**
   * Tells `listener` every event after `afterSeq` (-1: all), then whatever comes, in order, without a gap and without a repeat.
   * Right after the replay it is told what passes by and is in no event yet: the reply so far, the last output of the running action, a wait for
   * the model, and what is being made ready. All that is done when the promise resolves.
   */
  subscribe(id: ConversationId, afterSeq: number, listener: NotificationListener): Promise<Disposable>;

  /**
   * The conversation as it is now, with its newest `limit` events, of which no more are read than these. `listener` hears what comes after them,
   * without a gap and without a repeat, and first of all what passes by, as `subscribe` tells it. It hears nothing before the code that awaits
   * this has gone on; that has the turn of the event loop in which this resolves to put the snapshot in place.
   */
  follow(id: ConversationId, options: { readonly limit: number }, listener: NotificationListener): Promise<Followed>;

  /** The last `limit` events before `beforeSeq`, or of all. */
  page(id: ConversationId, options: { readonly beforeSeq?: number; readonly limit: number }): Promise<Page>;

  /** All conversations, those first that changed last. */
  list(): Promise<ListedConversation[]>;

  /** Tells of every conversation that is open here, whenever its activity changes, and when it is closed or deleted; of all that are open, at once. */
  watch(listener: ActivityListener): Disposable;

  /** Resolves when no run of the conversation is going; at once when none is. */
  settled(id: ConversationId): Promise<void>;
}
