import type { ClientHttp2Session } from "node:http2";
import { mostKeys } from "../../protocol/runtimeApi.ts";
import type { TerminalSize } from "../runtime.ts";
import { askJson } from "./http2Client.ts";

/** More than this is not typed by hand, nor pasted on purpose into a terminal that does not read. */
const mostWaiting = 4 * 1024 * 1024;

/**
 * What a person sends to a terminal over there: keys in their order, those together that come while a request is under way; of sizes the
 * last. That nothing arrives any more is told by what the terminal shows.
 */
export class Outgoing {
  readonly #session: ClientHttp2Session;
  readonly #route: string;
  #keys = "";
  #size: TerminalSize | undefined;
  #sending: Promise<void> | undefined;

  constructor(session: ClientHttp2Session, route: string) {
    this.#session = session;
    this.#route = route;
  }

  type(keys: string): void {
    if (this.#keys.length + keys.length > mostWaiting) return;
    this.#keys += keys;
    this.#sending ??= this.#send();
  }

  resize(size: TerminalSize): void {
    if (size.cols < 1 || size.rows < 1) return;
    this.#size = size;
    this.#sending ??= this.#send();
  }

  /** Under way now; it does not reject. */
  get sending(): Promise<void> | undefined {
    return this.#sending;
  }

  async #send(): Promise<void> {
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next())
        await askJson(this.#session, { method: "POST", ...next, signal: AbortSignal.timeout(sendTimeoutMs) });
    } catch {
      // Because the sandbox is gone, or the shell; what was typed for it is of no use.
      this.#keys = "";
    } finally {
      this.#sending = undefined;
    }
  }

  #next(): { readonly path: string; readonly json: object } | undefined {
    const size = this.#size;
    this.#size = undefined;
    if (size !== undefined) return { path: `${this.#route}/resize`, json: size };
    if (this.#keys === "") return undefined;
    const end = /[\ud800-\udbff]/.test(this.#keys.charAt(mostKeys - 1)) ? mostKeys - 1 : mostKeys;
    const keys = this.#keys.slice(0, end);
    this.#keys = this.#keys.slice(end);
    return { path: `${this.#route}/type`, json: { keys } };
  }
}

const sendTimeoutMs = 30_000;
