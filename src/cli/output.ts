import type { Notification } from "../protocol/notifications.ts";
import type { View } from "../protocol/view.ts";
import { safe } from "./terminalText.ts";

/** Where a conversation is shown. */
export interface Output {
  /** First: what is there already, and is not shown again. */
  begin(view: View): void;
  /** Every notification that is new, in order, with the view after it. */
  show(notification: Notification, view: View): void;
  /** A sentence about the run itself. */
  say(sentence: string): void;
  /** Once, when the run is over. */
  end(view: View): void;
}

/** One stored event per line; sentences go to standard error. */
export function jsonOutput(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): Output {
  return {
    begin: () => undefined,
    show: (notification) => {
      if (notification.type === "event.appended") stdout.write(`${JSON.stringify(notification.event)}\n`);
      const trouble = troubleIn(notification);
      if (trouble !== undefined) stderr.write(`${safe(trouble)}\n`);
    },
    say: (sentence) => stderr.write(`${safe(sentence)}\n`),
    end: () => undefined,
  };
}

/** What goes wrong with the conversation itself, and so can be no event of it. */
export function troubleIn(notification: Notification): string | undefined {
  switch (notification.type) {
    case "trouble":
      return notification.message;
    case "access.changed":
      return notification.message;
    case "conversation.deleted":
      return "This conversation was deleted by another window or program.";
    default:
      return undefined;
  }
}
