import { once } from "node:events";
import { WebSocket } from "ws";

/** A client that only notes what it hears. */
export class BenchClient {
  readonly #address: string;
  /** Milliseconds from the stamp of each event to its arrival, and the ids of those that are kept. */
  readonly delaysMs: number[] = [];
  readonly ids = new Set<string>();
  frames = 0;
  #socket: WebSocket | undefined;
  #lastTimestamp = "";
  #isMeasuring = false;
  #wanted: { readonly id: string; readonly resolve: () => void } | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /** Resolves when it hears; `query` is what it asks for of the past. */
  async open(query = ""): Promise<void> {
    const socket = new WebSocket(this.#address + query);
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#hear(data));
    socket.on("error", () => undefined);
    await once(socket, "open");
  }

  /** As one does that has lost its connection: with what it heard last. */
  reopen(): Promise<void> {
    return this.open(`&resend_mode=since&after_timestamp=${this.#lastTimestamp}`);
  }

  drop(): void {
    this.#socket?.terminate();
  }

  /** It takes nothing more, and does not say so. */
  stall(): void {
    this.#socket?.pause();
  }

  measure(): void {
    this.delaysMs.length = 0;
    this.frames = 0;
    this.#isMeasuring = true;
  }

  rest(): void {
    this.#isMeasuring = false;
  }

  async has(id: string): Promise<void> {
    if (this.ids.has(id)) return;
    await new Promise<void>((resolve) => (this.#wanted = { id, resolve }));
  }

  #hear(data: Buffer): void {
    const now = Date.now();
    const { id, timestamp, key } = JSON.parse(data.toString());
    if (key === "full_state") return;
    this.ids.add(id);
    this.#lastTimestamp = timestamp;
    if (this.#isMeasuring) {
      this.frames++;
      this.delaysMs.push(now - Date.parse(timestamp));
    }
    if (this.#wanted?.id === id) this.#wanted?.resolve();
  }
}
