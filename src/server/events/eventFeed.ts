import type { EventSocketQuery } from "../../protocol/agentServer/events.ts";
import type { Notification } from "../../protocol/notifications.ts";
import { type Client, closeCodes } from "../sockets/client.ts";
import type { FullState } from "./fullState.ts";
import { deltaEvent, fullStateEvent } from "./passingEvents.ts";
import { type Beginning, Subscriber } from "./subscriber.ts";
import { frameOf, wireEvent } from "./wire.ts";
import type { WireLog } from "./wireLog.ts";

/** The state of one conversation as it is now. */
export type ReadState = () => Promise<FullState>;

/** Frames that several clients want are made once, as long as there are few. */
const mostKeptFrames = 2_000;
const mostKeptBytes = 4_000_000;
/** The first state is not waited for longer. */
const mostStateMs = 500;

/** What the clients of one conversation hear: its events, each made a frame once, and what is in no log. */
export class EventFeed implements Disposable {
  readonly log: WireLog;
  readonly #readState: ReadState;
  readonly #subscribers = new Set<Subscriber>();
  readonly #frames = new Map<number, Buffer>();
  readonly #listening: Disposable;
  #keptBytes = 0;
  #isStreaming = false;
  /** Another number whenever the status has changed. */
  #statusVersion = 0;
  #isTelling = false;

  constructor(log: WireLog, readState: ReadState) {
    this.log = log;
    this.#readState = readState;
    this.#listening = log.listen((notification, row) => this.#hear(notification, row));
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /** Resolves when the client has been told the state and all that it asked for; what comes it hears from now on. */
  async add(client: Client, query: EventSocketQuery): Promise<void> {
    const subscriber = new Subscriber(client, this, this.#beginningOf(query));
    this.#subscribers.add(subscriber);
    client.gone.addEventListener("abort", () => this.#subscribers.delete(subscriber), { once: true });
    await this.tellState(subscriber);
    await subscriber.catchUp();
  }

  /** Tells one client how all stands now, unless that takes too long. */
  async tellState({ client }: Subscriber): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, mostStateMs, undefined);
    const frame = await Promise.race([this.#stateFrame().catch(() => undefined), promise]);
    clearTimeout(timer);
    if (frame !== undefined && !client.isBehind) client.send(frame);
  }

  /** In the order of the rows; undefined for what cannot be read any more. */
  async framesOf(rows: readonly number[]): Promise<(Buffer | undefined)[]> {
    const missing = rows.filter((row) => !this.#frames.has(row));
    const known = new Map(rows.map((row) => [row, this.#frames.get(row)]));
    const events = missing.length === 0 ? [] : await this.log.read(missing);
    for (const [index, row] of missing.entries()) {
      const event = events[index];
      if (event !== undefined) known.set(row, this.#keep(row, Buffer.from(frameOf(wireEvent(event)))));
    }
    return rows.map((row) => known.get(row));
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#subscribers.clear();
  }

  #beginningOf({ resend_mode, after_timestamp, resend_all }: EventSocketQuery): Beginning {
    const untilRow = this.log.index.count;
    const mode = resend_mode ?? (resend_all === true ? "all" : undefined);
    if (mode === "all") return { row: 0, sinceMicros: -Infinity, untilRow };
    // Without a time nothing is told again.
    if (mode === "since" && after_timestamp !== undefined) return { row: 0, sinceMicros: after_timestamp, untilRow };
    return { row: untilRow, sinceMicros: -Infinity, untilRow };
  }

  #hear(notification: Notification, row: number | undefined): void {
    switch (notification.type) {
      case "event.appended": {
        const { event } = notification;
        if (row !== undefined) {
          const frame = this.#keep(row, Buffer.from(frameOf(wireEvent(event))));
          for (const subscriber of this.#subscribers) subscriber.appended(row, frame);
        }
        if (event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status") this.#statusChanged(event.value);
        return;
      }
      case "delta":
        if (this.#isStreaming && this.#subscribers.size > 0) this.#pass(Buffer.from(frameOf(deltaEvent(notification))));
        return;
      case "conversation.deleted":
        for (const { client } of this.#subscribers) client.close(closeCodes.notFound, "Conversation not found");
        return;
      default:
        return;
    }
  }

  #pass(frame: Buffer): void {
    for (const subscriber of this.#subscribers) subscriber.pass(frame);
  }

  /** What ends a run is followed by the whole state, after all events of that run (§4.4, §10.12). */
  #statusChanged(status: unknown): void {
    this.#statusVersion++;
    if (status === "running") {
      // Because the model may be another one now, which streams or not.
      this.#stateFrame().catch(() => undefined);
      return;
    }
    // One that is about to be told tells of this, too.
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    try {
      const frame = await this.#settledStateFrame();
      for (const subscriber of this.#subscribers) subscriber.passState(frame);
    } catch {
      // It is gone or cannot be read now; who asks next is told.
    } finally {
      this.#isTelling = false;
    }
  }

  /** Of a moment in which the status does not change. */
  async #settledStateFrame(): Promise<Buffer> {
    for (;;) {
      const version = this.#statusVersion;
      // The last events of a run come in one turn, and its status may be before others of them.
      await new Promise(setImmediate);
      const frame = await this.#stateFrame();
      if (version === this.#statusVersion) return frame;
    }
  }

  async #stateFrame(): Promise<Buffer> {
    const state = await this.#readState();
    this.#isStreaming = streams(state["agent"]);
    return Buffer.from(frameOf(fullStateEvent(state)));
  }

  /** Kept for who comes late; the oldest go first. */
  #keep(row: number, frame: Buffer): Buffer {
    if (this.#frames.has(row)) return frame;
    this.#frames.set(row, frame);
    this.#keptBytes += frame.length;
    for (const [oldRow, old] of this.#frames) {
      if (this.#frames.size <= mostKeptFrames && this.#keptBytes <= mostKeptBytes) break;
      this.#frames.delete(oldRow);
      this.#keptBytes -= old.length;
    }
    return frame;
  }
}

/** Whether the agent's model says what it writes as it writes it (§4.5). */
function streams(agent: unknown): boolean {
  if (typeof agent !== "object" || agent === null || !("llm" in agent)) return false;
  const { llm } = agent;
  return typeof llm === "object" && llm !== null && "stream" in llm && llm.stream === true;
}
