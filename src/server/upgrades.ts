import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "../protocol/log.ts";
import type { Connections } from "./connections.ts";
import type { Answer, Gate } from "./gate.ts";
import { type Limits, tooManyHeaders } from "./limits.ts";

/** What serves WebSockets that have passed the gate. */
export interface Sockets extends AsyncDisposable {
  /** False: nothing is served there. */
  upgrade(asked: Upgrade): boolean;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Called when the client has shown that it may be here. */
  readonly trust: () => void;
}

export interface UpgradeParts {
  readonly gate: Gate;
  readonly limits: Limits;
  readonly connections: Connections;
  readonly log: Log;
}

/** Requests to become a WebSocket: each passes the gate before anything is said to it. */
export class Upgrades implements AsyncDisposable {
  readonly #open: () => Promise<Sockets>;
  readonly #parts: UpgradeParts;
  #sockets: Promise<Sockets> | undefined;
  #isEnded = false;

  constructor(open: () => Promise<Sockets>, parts: UpgradeParts) {
    this.#open = open;
    this.#parts = parts;
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Who goes away before it is served is nobody's fault.
    socket.on("error", () => socket.destroy());
    const { limits, gate, connections, log } = this.#parts;
    const refused = tooManyHeaders(request, limits) ?? gate(request);
    if (refused !== undefined) return refuse(socket, refused);
    this.#serve({ request, socket, head, trust: () => connections.trust(request.socket) }).catch((error: unknown) => {
      log.error("A socket could not be opened.", { error: error instanceof Error ? error.name : "unknown" });
      refuse(socket, { status: 503, body: { detail: "Service Unavailable" } });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    await (await this.#sockets?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async #serve(asked: Upgrade): Promise<void> {
    const sockets = await (this.#sockets ??= this.#open());
    if (this.#isEnded) asked.socket.destroy();
    else if (!sockets.upgrade(asked)) refuse(asked.socket, { status: 403, body: { detail: "Forbidden" } });
  }
}

function refuse(socket: Duplex, { status, body, headers = {} }: Answer): void {
  const text = JSON.stringify(body ?? {});
  const lines = Object.entries({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${text}`, () => socket.destroy());
}
