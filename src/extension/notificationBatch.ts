import type { Notification } from "../protocol/notifications.ts";

const intervalMs = 16;

/** Gathers what comes within one frame into one message, so that a flood of output costs few messages. */
export class NotificationBatch implements Disposable {
  readonly #send: (notifications: Notification[]) => void;
  #waiting: Notification[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (notifications: Notification[]) => void) {
    this.#send = send;
  }

  add(notification: Notification): void {
    this.#waiting.push(notification);
    this.#timer ??= setTimeout(() => this.#flush(), intervalMs);
  }

  /** Drops what was not sent yet. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #flush(): void {
    const notifications = this.#waiting;
    this.clear();
    this.#send(notifications);
  }
}
