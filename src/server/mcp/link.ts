import { orAborted } from "../../host/orAborted.ts";
import type { McpServerConfig } from "../../protocol/agentServer/mcp.ts";
import type { McpResult } from "../../tools/mcpTool.ts";
import { type ConnectionOptions, McpConnection, SessionGone } from "./connection.ts";
import type { Listing } from "./listedTools.ts";

/** What failed is tried again when so many times as long has passed as it took: who does not answer holds up few runs. */
const patience = 10;

interface Failure {
  readonly error: unknown;
  readonly until: number;
}

/** An MCP server that is connected to when it is needed, and again when it was lost. */
export class McpLink implements AsyncDisposable {
  readonly #server: McpServerConfig;
  readonly #options: Omit<ConnectionOptions, "signal">;
  readonly #closed = new AbortController();
  #opening: Promise<McpConnection> | undefined;
  #current: McpConnection | undefined;
  #failure: Failure | undefined;
  /** Connections that end. */
  #ending: Promise<unknown> = Promise.resolve();

  constructor(server: McpServerConfig, options: Omit<ConnectionOptions, "signal">) {
    this.#server = server;
    this.#options = options;
  }

  /** Its tools now. Rejects with a sentence. */
  async listing(): Promise<Listing> {
    return (await this.#usable()).listing(this.#closed.signal);
  }

  /** Rejects with the signal's reason, or with a sentence for the model. */
  async call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<McpResult> {
    try {
      return await (await orAborted(this.#usable(), signal)).call(name, args, signal);
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error;
    }
    return (await orAborted(this.#usable(), signal)).call(name, args, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error("The conversation was closed."));
    await this.#opening?.catch(() => undefined);
    if (this.#current) this.#drop(this.#current);
    await this.#ending;
  }

  #usable(): Promise<McpConnection> {
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason);
    if (this.#current?.isLost) this.#drop(this.#current);
    if (this.#failure && performance.now() < this.#failure.until) return Promise.reject(this.#failure.error);
    return (this.#opening ??= this.#connect());
  }

  async #connect(): Promise<McpConnection> {
    const startedAt = performance.now();
    try {
      this.#current = await McpConnection.open(this.#server, { ...this.#options, signal: this.#closed.signal });
      this.#failure = undefined;
      return this.#current;
    } catch (error) {
      const now = performance.now();
      this.#failure = { error, until: now + patience * (now - startedAt) };
      this.#opening = undefined;
      throw error;
    }
  }

  #drop(connection: McpConnection): void {
    this.#opening = undefined;
    this.#current = undefined;
    this.#ending = Promise.allSettled([this.#ending, connection[Symbol.asyncDispose]()]);
  }
}
