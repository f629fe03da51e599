import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { Log } from "../../protocol/log.ts";
import { placesOf } from "../answers.ts";
import { mostJsonBytes, mostMessageBytes } from "../bodyLimits.ts";
import { socketKeyOf } from "../gate.ts";
import type { Keys } from "../keys.ts";
import type { Sockets, Upgrade } from "../upgrades.ts";
import { Client, closeCodes } from "./client.ts";
import { keyOfFirstFrame } from "./firstFrame.ts";

/** The sockets of one kind. */
export interface SocketFamily {
  /**
   * What serves a client of this address, to the end of the connection or of what there is to say; undefined: there is nothing, or it is asked for in
   * a way that means nothing.
   */
  at(path: string, query: Readonly<Record<string, string>>): ((client: Client) => Promise<void>) | undefined;
}

export interface SocketServerOptions {
  readonly families: readonly SocketFamily[];
  readonly keys: Keys;
  readonly log: Log;
}

/** One message in more pieces than this breaks the connection. */
const mostFragments = 1_000;
const beatMs = 20_000;

/** Serves WebSockets (agent-server protocol §3) that have passed the gate. Disposing closes all. */
export class SocketServer implements Sockets {
  readonly #options: SocketServerOptions;
  /** For who has shown a key with the request, and for who has not. */
  readonly #known = opener(mostMessageBytes);
  readonly #unknown = opener(mostJsonBytes);
  readonly #clients = new Map<Client, Promise<void>>();
  readonly #revoking: Disposable;
  readonly #beating: NodeJS.Timeout;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#revoking = options.keys.onChange(() => this.closeRevoked());
    this.#beating = setInterval(() => this.#beat(), beatMs).unref();
  }

  upgrade({ request, socket, head, trust }: Upgrade): boolean {
    const serve = this.#serving(request);
    if (serve === undefined) return false;
    const isKnown = this.#options.keys.has(socketKeyOf(request));
    (isKnown ? this.#known : this.#unknown).handleUpgrade(request, socket, head, (opened) =>
      this.#opened(opened, { request, serve, trust }),
    );
    return true;
  }

  /** Those whose key opens nothing any more. */
  closeRevoked(): void {
    for (const client of this.#clients.keys())
      if (client.isAdmitted && !this.#options.keys.has(client.key)) client.close(closeCodes.notAllowed, "Authentication failed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beating);
    this.#revoking[Symbol.dispose]();
    for (const client of this.#clients.keys()) client.close(closeCodes.goingAway, "The server ends");
    await new Promise(setImmediate);
    for (const client of this.#clients.keys()) client.terminate();
    await Promise.all(this.#clients.values());
  }

  #serving({ url = "" }: IncomingMessage): Serve | undefined {
    const [path = "", query = ""] = url.split("#", 1)[0]?.split(/\?(.*)/s) ?? [];
    const { session_api_key: _key, ...asked } = Object.fromEntries(new URLSearchParams(query));
    for (const family of this.#options.families) {
      const serve = family.at(path.replace(/(.)\/$/, "$1"), asked);
      if (serve !== undefined) return serve;
    }
    return undefined;
  }

  #opened(opened: WebSocket, { request, serve, trust }: Opening): void {
    const client = new Client(opened);
    const served = this.#serve(client, { request, serve, trust })
      .catch((error: unknown) => this.#failed(client, error))
      .finally(() => this.#clients.delete(client));
    this.#clients.set(client, served);
  }

  async #serve(client: Client, { request, serve, trust }: Opening): Promise<void> {
    const { keys } = this.#options;
    // Where none is needed, one that is given is as good.
    const given = socketKeyOf(request) ?? (keys.areNeeded ? await keyOfFirstFrame(client) : undefined);
    if (client.gone.aborted) return;
    if (!keys.has(given)) return client.close(closeCodes.notAllowed, "Authentication failed");
    client.admit(given);
    trust();
    await serve(client);
    await client.ended;
  }

  #failed(client: Client, error: unknown): void {
    const known = error instanceof Error ? { error: error.name, stack: placesOf(error) } : { error: "unknown" };
    this.#options.log.error("A socket failed.", known);
    client.close(closeCodes.failed, "Internal Server Error");
  }

  #beat(): void {
    for (const client of this.#clients.keys()) client.beat();
  }
}

function opener(maxPayload: number): WebSocketServer {
  return new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload, maxFragments: mostFragments });
}

type Serve = (client: Client) => Promise<void>;

interface Opening extends Pick<Upgrade, "request" | "trust"> {
  readonly serve: Serve;
}
