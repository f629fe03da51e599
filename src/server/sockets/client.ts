import type { RawData, WebSocket } from "ws";

/** So much may wait for a client; above it is behind. */
const mostWaitingBytes = 1_000_000;
/** A client that takes nothing for so long is sent away. */
const mostStalledMs = 30_000;
/** After a close that the client does not answer. */
const closingMs = 2_000;

/** Codes by which the protocol's sockets close (agent-server protocol §1.3). */
export const closeCodes = { goingAway: 1001, failed: 1011, tryLater: 1013, notAllowed: 4001, notFound: 4004 } as const;

/** One connected socket. What it sends waits in order until somebody asks for it, and is read no faster than that. */
export class Client {
  readonly #socket: WebSocket;
  readonly #gone = new AbortController();
  readonly #inbox: string[] = [];
  #wake: (() => void) | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #key: string | undefined;
  #isAdmitted = false;
  #isAlive = true;

  /** Must be made in the same turn in which the socket was opened, because nothing that comes may be missed. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(data));
    socket.on("pong", () => (this.#isAlive = true));
    // What a frame breaks closes the socket with the right code by itself.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#gone.abort();
      this.#wake?.();
      this.#ended.resolve();
    });
  }

  /** Aborts when it has closed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when it has closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** By which it was let in; undefined where none was needed. */
  get key(): string | undefined {
    return this.#key;
  }

  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  admit(key: string | undefined): void {
    this.#key = key;
    this.#isAdmitted = true;
  }

  /** What has been sent to it and has not left yet. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Whether so much waits for it that the rest should. */
  get isBehind(): boolean {
    return this.waitingBytes > mostWaitingBytes;
  }

  /** Dropped when it has closed. */
  send(frame: Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, { binary: false });
  }

  /** Resolves when all that waits has left for it, or when it has closed; it is sent away when it takes nothing. */
  async flushed(): Promise<void> {
    while (this.#socket.bufferedAmount > 0 && this.#socket.readyState === this.#socket.OPEN) {
      const before = this.#socket.bufferedAmount;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(this.#socket.bufferedAmount < before), mostStalledMs);
      // An empty one behind all that waits: it tells when it has left.
      this.#socket.pong(nothing, false, () => resolve(true));
      const hasMoved = await promise;
      clearTimeout(timer);
      if (!hasMoved) return this.close(closeCodes.tryLater, "Too slow");
    }
  }

  /** The next frame that it sends; undefined when it has closed, or when `signal` aborts before. */
  async next(signal?: AbortSignal): Promise<string | undefined> {
    const isOver = (): boolean => this.gone.aborted || signal?.aborted === true;
    while (this.#inbox.length === 0 && !isOver()) {
      if (this.#socket.isPaused) this.#socket.resume();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      signal?.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    }
    return isOver() ? undefined : this.#inbox.shift();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    const timer = setTimeout(() => this.#socket.terminate(), closingMs).unref();
    this.gone.addEventListener("abort", () => clearTimeout(timer), { once: true });
    // Because an answer to the close could not be heard else.
    if (this.#socket.isPaused) this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Called from time to time: who has not answered since the last time is gone. */
  beat(): void {
    if (!this.#isAlive && !this.#socket.isPaused) return this.#socket.terminate();
    this.#isAlive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #receive(data: RawData): void {
    this.#isAlive = true;
    if (this.gone.aborted || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#inbox.push(textOf(data));
    this.#socket.pause();
    this.#wake?.();
  }
}

const nothing = Buffer.alloc(0);

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
