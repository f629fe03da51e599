import type { Socket } from "node:net";

export interface ConnectionLimits {
  readonly connections: number;
  readonly stalledMs: number;
}

interface Watched {
  /** A request of it has passed the gate. */
  isTrusted: boolean;
  /** What had left for the client when it was looked at last, and when that was. */
  sentBytes: number;
  sinceMs: number;
}

/**
 * Keeps connections few and moving. When there are too many, the oldest one that has not passed the gate makes room: who only holds a place cannot
 * keep out who has the key. One that takes nothing of its answer is cut.
 */
export class Connections {
  readonly #watched = new Map<Socket, Watched>();
  readonly #limits: ConnectionLimits;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#cutStalled(), limits.stalledMs / 4).unref();
  }

  add(socket: Socket): void {
    this.#watched.set(socket, { isTrusted: false, sentBytes: 0, sinceMs: performance.now() });
    socket.once("close", () => this.#watched.delete(socket));
    if (this.#watched.size <= this.#limits.connections) return;
    const [oldest] = [...this.#watched].find(([, { isTrusted }]) => !isTrusted) ?? [socket];
    oldest.destroy();
    this.#watched.delete(oldest);
  }

  trust(socket: Socket): void {
    const watched = this.#watched.get(socket);
    if (watched !== undefined) watched.isTrusted = true;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #cutStalled(): void {
    const now = performance.now();
    for (const [socket, watched] of this.#watched) {
      const sentBytes = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || sentBytes !== watched.sentBytes) Object.assign(watched, { sentBytes, sinceMs: now });
      else if (now - watched.sinceMs > this.#limits.stalledMs) socket.destroy();
    }
  }
}
