// Conversations over both kinds of sockets, served on loopback in this process behind the real gate.
import { once } from "node:events";
import { WebSocket } from "ws";
import { type BashCommands, openBashCommands } from "../../src/runtime/machine/bash/bashCommands.ts";
import { bashSockets } from "../../src/server/bashSockets.ts";
import { EventSockets } from "../../src/server/events/eventSockets.ts";
import { gateOf } from "../../src/server/gate.ts";
import { currentKeys, noKeys } from "../../src/server/keys.ts";
import { listen } from "../../src/server/listen.ts";
import { SocketServer } from "../../src/server/sockets/socketServer.ts";
import { type EventServer, type EventServerOptions, openEventServer } from "./eventServer.ts";
import { quietLog } from "./workspaces.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
export type Frame = any;

export interface SocketServerOptions extends EventServerOptions {
  /** Undefined: none is needed. */
  readonly keys?: readonly string[];
  /** Whether the agent's model says what it writes as it writes it. */
  readonly isStreaming?: boolean;
  /** In place of the conversation's own state. */
  readonly fullState?: () => Promise<Record<string, unknown>>;
}

export interface TestSocketServer extends EventServer {
  readonly port: number;
  readonly bash: BashCommands;
  /** From now on these are the keys. */
  setKeys(keys: readonly string[]): void;
  /** A client of the conversation's events, or of another path below `/sockets`. */
  connect(query?: string, options?: ConnectOptions): SocketClient;
}

export interface ConnectOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function openSocketServer(options: SocketServerOptions = {}): Promise<TestSocketServer> {
  const server = await openEventServer(options);
  let keys = options.keys ?? [];
  const bash = await openBashCommands({ workingDir: server.test.storeFolder });
  const families = [
    new EventSockets({
      host: server.test.host,
      logs: server.logs,
      fullState: options.fullState ?? (async (id) => stateOf(server, id, options.isStreaming ?? false)),
      log: quietLog,
    }),
    bashSockets(async () => bash, quietLog),
  ];
  const known = options.keys === undefined ? noKeys : currentKeys(() => keys);
  const listening = await listen({
    app: server.app,
    host: "127.0.0.1",
    port: 0,
    gate: (port) => gateOf({ keys: known, hosts: [`127.0.0.1:${port}`], origins: ["https://ide.example.org"] }),
    log: quietLog,
    sockets: async () => new SocketServer({ families, keys: known, log: quietLog }),
  });
  return {
    ...server,
    port: listening.port,
    bash,
    setKeys: (now) => void (keys = [...now]),
    connect: (query = "", { path = `/sockets/events/${server.id}`, headers = {} } = {}) =>
      new SocketClient(new WebSocket(`ws://127.0.0.1:${listening.port}${path}${query}`, { headers })),
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await bash[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function stateOf({ test }: EventServer, id: EventServer["id"], stream: boolean): Promise<Record<string, unknown>> {
  const { state } = await test.host.look(id);
  return { id, execution_status: state.execution_status, agent: { llm: { model: "played", stream } } };
}

/** What a socket has heard, and how it ended. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly #opened: Promise<unknown>;
  /** The code that it closed with. */
  readonly closed: Promise<number>;
  /** The status of the answer in place of an upgrade. */
  readonly refused: Promise<number>;
  #waiting: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    const refused = Promise.withResolvers<number>();
    this.refused = refused.promise;
    socket.on("unexpected-response", (_request, response) => {
      refused.resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", () => undefined);
    this.#opened = once(socket, "open").catch(() => undefined);
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        resolve(code);
        this.#wake();
      });
    });
    socket.on("message", (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()));
      this.#wake();
    });
  }

  get ids(): string[] {
    return this.frames.map(({ id }) => id);
  }

  get kinds(): string[] {
    return this.frames.map(({ kind, key, value }) => (key === "execution_status" ? `status ${value}` : (key ?? kind)));
  }

  async send(value: unknown): Promise<void> {
    await this.#opened;
    this.socket.send(typeof value === "string" ? value : JSON.stringify(value));
  }

  /** Resolves with the first frame, past or to come, that fits; rejects when the socket closes before. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`The socket has closed; it heard ${this.kinds.join(", ")}.`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  untilCount(count: number): Promise<Frame> {
    return this.until(() => this.frames.length >= count);
  }

  /** Live: the first frame has come. */
  async live(): Promise<this> {
    await this.untilCount(1);
    return this;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
