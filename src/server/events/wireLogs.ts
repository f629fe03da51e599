import type { ConversationId } from "../../protocol/ids.ts";
import { type EventHost, WireLog } from "./wireLog.ts";

interface Opened {
  readonly log: Promise<WireLog>;
  isReady: boolean;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/** A log that somebody uses; it is theirs until they let go. */
export interface Held extends Disposable {
  readonly log: WireLog;
}

/** After the last use. */
const idleMs = 30_000;
/** Because each keeps its conversation open; those that are in use come on top. */
const mostIdle = 16;

/** The logs that are in use or were a moment ago. Disposing closes all. */
export class WireLogs implements Disposable {
  readonly #host: EventHost;
  readonly #opened = new Map<ConversationId, Opened>();
  #isDisposed = false;

  constructor(host: EventHost) {
    this.#host = host;
  }

  async use<Result>(id: ConversationId, work: (log: WireLog) => Promise<Result>): Promise<Result> {
    using held = await this.hold(id);
    return await work(held.log);
  }

  /** Whether its index is there; else it is begun, and nobody need wait for it. */
  isReady(id: ConversationId): boolean {
    if (this.#opened.get(id)?.isReady === true) return true;
    // Who needs it next is told what is wrong.
    this.use(id, async () => undefined).catch(() => undefined);
    return false;
  }

  /** Rejects with `not-found`. */
  async hold(id: ConversationId): Promise<Held> {
    const opened = this.#opened.get(id) ?? this.#open(id);
    // The one that was used last is the last one.
    this.#opened.delete(id);
    this.#opened.set(id, opened);
    clearTimeout(opened.idle);
    opened.idle = undefined;
    opened.users++;
    let isHeld = true;
    const letGo = (): void => {
      if (isHeld) this.#letGo(id, opened);
      isHeld = false;
    };
    try {
      return { log: await opened.log, [Symbol.dispose]: letGo };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const [id, opened] of this.#opened) this.#close(id, opened);
  }

  #open(id: ConversationId): Opened {
    const log = WireLog.open(this.#host, id);
    const opened: Opened = { log, isReady: false, users: 0, idle: undefined };
    log.then(
      (there) => {
        opened.isReady = true;
        there.listen(({ type }) => void (type === "conversation.deleted" && this.#close(id, opened)));
      },
      () => this.#close(id, opened),
    );
    return opened;
  }

  #letGo(id: ConversationId, opened: Opened): void {
    opened.users--;
    if (opened.users > 0 || this.#opened.get(id) !== opened) return;
    if (this.#isDisposed) return this.#close(id, opened);
    opened.idle = setTimeout(() => this.#close(id, opened), idleMs).unref();
    const idle = [...this.#opened].filter(([, { users }]) => users === 0);
    for (const [oldId, old] of idle.slice(0, -mostIdle)) this.#close(oldId, old);
  }

  #close(id: ConversationId, opened: Opened): void {
    clearTimeout(opened.idle);
    if (this.#opened.get(id) === opened) this.#opened.delete(id);
    // Where it did not open there is nothing to close, and who asked was told.
    opened.log.then(
      (log) => log[Symbol.dispose](),
      () => undefined,
    );
  }
}
