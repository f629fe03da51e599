import { once } from "node:events";
import WebSocket from "ws";
import { reasonOf } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";

const mostFrameBytes = 32 * 1024 * 1024;
const handshakeMs = 15_000;
/** So much is held while the log is read; a server that sends more is asked again later. */
const mostHeldBytes = 128 * 1024 * 1024;
const pingMs = 20_000;
/** The server may leave out its first frame (agent-server protocol §3.1). */
const firstFrameMs = 2_000;

/** The close codes of the protocol (§1.3). */
export const closeCodes = { wrongKey: 4001, notThere: 4004, tooMany: 1013 } as const;

export interface SocketOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Said in the first frame as well, to a server that does not see the header. */
  readonly keyInFrame: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The socket of one conversation: frames are held until somebody listens, and then told in order. A server that has gone without a word is
 * noticed within a minute.
 */
export class EventSocket implements Disposable {
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #held: string[] | undefined = [];
  #heldBytes = 0;
  #listener: ((frame: string) => void) | undefined;
  #isAlive = true;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#timer = setInterval(() => this.#ping(), pingMs);
    socket.on("message", (data, isBinary) => {
      // `toString` of what ws gives is the text of the frame; frames are never binary in this protocol.
      if (!isBinary) this.#hear(Buffer.isBuffer(data) ? data.toString("utf8") : "");
    });
    socket.on("pong", () => (this.#isAlive = true));
    // An error is followed by `close`, which says it all.
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        clearInterval(this.#timer);
        resolve(code);
      });
    });
  }

  /** Rejects with a ServerError when the server does not let us in. An abort closes it, then and later. */
  static async open({ url, headers, keyInFrame, signal }: SocketOptions): Promise<EventSocket> {
    const address = new URL(url);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, {
      headers,
      maxPayload: mostFrameBytes,
      handshakeTimeout: handshakeMs,
      followRedirects: false,
    });
    const events = new EventSocket(socket);
    try {
      await once(socket, "open", { signal });
    } catch (cause) {
      events[Symbol.dispose]();
      throw signal.aborted ? cause : notOpened(url.host, cause);
    }
    const end = (): void => events[Symbol.dispose]();
    signal.addEventListener("abort", end);
    void events.closed.then(() => signal.removeEventListener("abort", end));
    if (keyInFrame !== undefined) socket.send(JSON.stringify({ type: "auth", session_api_key: keyInFrame }));
    return events;
  }

  /** The frames that nobody has been told yet. */
  get held(): readonly string[] {
    return this.#held ?? [];
  }

  /** Resolves when the server has said something, which it does when it tells what comes from then on; or has kept silent for long enough. */
  async live(): Promise<void> {
    if (this.held.length > 0) return;
    const came = once(this.#socket, "message", { signal: AbortSignal.timeout(firstFrameMs) }).catch(() => undefined);
    await Promise.race([came, this.closed]);
  }

  /** Tells `held` what was held, at once, and then `live` what comes. */
  release({ held, live }: { readonly held: (frame: string) => void; readonly live: (frame: string) => void }): void {
    this.#listener = live;
    const frames = this.held;
    this.#held = undefined;
    for (const frame of frames) held(frame);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#listener = undefined;
    // `terminate` before it is open would be an error that nobody hears.
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.close();
    else this.#socket.terminate();
  }

  #hear(frame: string): void {
    this.#isAlive = true;
    if (this.#listener) return this.#listener(frame);
    this.#heldBytes += frame.length;
    if (this.#heldBytes > mostHeldBytes) this.#socket.terminate();
    else this.#held?.push(frame);
  }

  #ping(): void {
    if (!this.#isAlive) return this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping();
  }
}

function notOpened(host: string, cause: unknown): ServerError {
  const reason = reasonOf(cause);
  if (/\b(401|403)\b/.test(reason))
    return new ServerError(
      "key",
      `The server ${host} does not let us follow the conversation: it wants another key, or knows no such socket.`,
      {
        cause,
      },
    );
  return new ServerError("unreachable", `The server ${host} cannot be followed (${reason}).`, { cause });
}
