import { mostLiveCharacters, type Notification } from "../../protocol/notifications.ts";

/** At most twenty messages a second; the first one after a silence goes at once, so that a single token is not kept waiting. */
const intervalMs = 50;

/** Gathers notifications into few messages, so that a flood of output costs no more than a trickle. */
export class NotificationBatch implements Disposable {
  readonly #send: (notifications: Notification[]) => void;
  #waiting: Notification[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentAt = -Infinity;

  constructor(send: (notifications: Notification[]) => void) {
    this.#send = send;
  }

  add(notification: Notification): void {
    const last = this.#waiting.at(-1);
    const joined = last && join(last, notification);
    if (joined) this.#waiting[this.#waiting.length - 1] = joined;
    else this.#waiting.push(notification);
    const waitMs = this.#sentAt + intervalMs - performance.now();
    if (this.#timer !== undefined) return;
    if (waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), waitMs);
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
    this.#sentAt = performance.now();
    this.#send(notifications);
  }
}

/** One notification that says what both say, where there is one. */
function join(first: Notification, second: Notification): Notification | undefined {
  if (first.conversationId !== second.conversationId) return undefined;
  if (first.type === "terminal.output" && second.type === "terminal.output" && first.actionId === second.actionId)
    return { ...first, text: (first.text + second.text).slice(-mostLiveCharacters) };
  if (first.type !== "delta" || second.type !== "delta") return undefined;
  return { ...first, ...joinedText("content", first, second), ...joinedText("reasoning_content", first, second) };
}

type Delta = Extract<Notification, { type: "delta" }>;

function joinedText(key: "content" | "reasoning_content", first: Delta, second: Delta): Partial<Delta> {
  return first[key] === undefined && second[key] === undefined ? {} : { [key]: (first[key] ?? "") + (second[key] ?? "") };
}
