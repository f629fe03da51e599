import type { Notification } from "../protocol/notifications.ts";

/** Where the conversation is shown. */
export interface Output {
  /** Every notification, in order. */
  show(notification: Notification): void;
  /** A sentence about the run itself. */
  say(sentence: string): void;
  /** Once, when the run is over. */
  end(): void;
}

/** One stored event per line; sentences go to standard error. */
export function jsonOutput(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): Output {
  return {
    show: (notification) => {
      if (notification.type === "event.appended") stdout.write(`${JSON.stringify(notification.event)}\n`);
      if (notification.type === "trouble") stderr.write(`${notification.message}\n`);
    },
    say: (sentence) => stderr.write(`${sentence}\n`),
    end: () => undefined,
  };
}
