import { Client, ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import * as z from "zod";
import { protocolVersion } from "../../protocol/agentServer/base.ts";
import type { McpServerConfig } from "../../protocol/agentServer/mcp.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { McpResult } from "../../tools/mcpTool.ts";
import type { Reach } from "./addresses.ts";
import { type Listing, listedTools, shortened } from "./listedTools.ts";
import { maskOf } from "./secretsOfServer.ts";
import { type OpenTransport, openTransport } from "./transports.ts";
import { brokenOff, WebTransport } from "./webTransport.ts";

/** A server that downloads itself first needs some seconds. */
export const connectMs = 30_000;
/** Without an answer, or a word on its progress. */
const callMs = 300_000;
const mostCallMs = 3_600_000;
const goodbyeMs = 500;
const mostPages = 50;
const mostListed = 2_000;
const longestError = 2_000;

const Page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });
const Result = z.looseObject({
  content: z.array(z.unknown()).default([]),
  isError: z.boolean().nullish(),
  structuredContent: z.unknown().optional(),
});

export interface ConnectionOptions {
  readonly reach: Reach;
  readonly cwd: string | undefined;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** The server has forgotten the session: the call was not carried out, and can be made again in another one. */
export class SessionGone extends Error {}

/** One connection to an MCP server, with its tools. It can do nothing that a server asks for: no sampling, no questions to the person, no folders. */
export class McpConnection implements AsyncDisposable {
  readonly #client: Client;
  readonly #open: OpenTransport;
  /** All requests of a server on the web end with it. */
  readonly #life: AbortController;
  readonly #mask: (text: string) => string;
  #listing: Listing = { tools: [], leftOut: [] };
  #isLost = false;
  #isStale = false;
  #ending: Promise<void> | undefined;

  private constructor(open: OpenTransport, life: AbortController, mask: (text: string) => string) {
    this.#open = open;
    this.#life = life;
    this.#mask = mask;
    this.#client = new Client({ name: "openhands", version: protocolVersion });
    this.#client.onclose = (): void => {
      this.#isLost = true;
      this[Symbol.asyncDispose]().catch(() => undefined);
    };
    this.#client.setNotificationHandler("notifications/tools/list_changed", () => void (this.#isStale = true));
  }

  /** Rejects with a sentence, without secrets of the server; nothing is left of it then. */
  static async open(server: McpServerConfig, { reach, cwd, signal }: ConnectionOptions): Promise<McpConnection> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(connectMs)]);
    const life = new AbortController();
    const mask = maskOf(server);
    let connection: McpConnection | undefined;
    let complaint = (): string => "";
    try {
      const open = await openTransport(server, { reach, signal: life.signal, cwd });
      complaint = () => open.program?.complaint.trim() ?? "";
      connection = new McpConnection(open, life, mask);
      await connection.#client.connect(open.transport, { signal: limit, timeout: connectMs });
      await connection.#list(limit);
      return connection;
    } catch (cause) {
      const told = limit.aborted && !signal.aborted ? `there was no answer within ${connectMs / 1000} s` : messageOf(cause);
      const sentence = [told, complaint()].filter((text) => text !== "").join("; it wrote: ");
      await connection?.[Symbol.asyncDispose]();
      // Masked first, because of a secret that is cut in two a half would be left.
      throw new Error(shortened(mask(sentence), longestError), { cause });
    }
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Its tools, asked for again when the server has said that they are others now. Rejects with a sentence. */
  async listing(signal: AbortSignal): Promise<Listing> {
    if (this.#isStale) await this.#list(AbortSignal.any([signal, AbortSignal.timeout(connectMs)]));
    return this.#listing;
  }

  /** Rejects with the signal's reason, with SessionGone, or with a sentence for the model. An abort is told to the server. */
  async call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<McpResult> {
    const options = {
      signal,
      timeout: callMs,
      maxTotalTimeout: mostCallMs,
      resetTimeoutOnProgress: true,
      onprogress: () => undefined,
    };
    try {
      const request = { method: "tools/call", params: { name, arguments: { ...args } } } as const;
      const { content, isError, structuredContent } = await this.#client.request(request, Result, options);
      return { content, isError: isError ?? false, ...(structuredContent === undefined ? {} : { structuredContent }) };
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#failed(cause);
    }
  }

  /** Takes about a second at most. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#isLost = true;
    const { transport, program } = this.#open;
    if (transport instanceof WebTransport && transport.sessionId !== undefined) {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, goodbyeMs);
      await Promise.race([transport.terminateSession().catch(() => undefined), late.promise]);
      clearTimeout(timer);
    }
    await this.#client.close().catch(() => undefined);
    this.#life.abort(new Error("The connection was closed."));
    await program?.[Symbol.asyncDispose]();
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#isStale = false;
    if (this.#client.getServerCapabilities()?.tools === undefined) return;
    let found: readonly unknown[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < mostPages && found.length < mostListed; page++) {
      const request = { method: "tools/list", params: cursor == null ? {} : { cursor } } as const;
      const { tools, nextCursor } = await this.#client.request(request, Page, { signal, timeout: connectMs });
      found = [...found, ...tools];
      cursor = nextCursor;
      if (cursor == null) break;
    }
    this.#listing = listedTools(found.slice(0, mostListed));
  }

  #failed(cause: unknown): Error {
    const why = shortened(this.#mask(messageOf(cause)), longestError);
    if (cause instanceof ProtocolError && cause.code !== brokenOff) return new Error(`The server refused the call: ${why}`, { cause });
    if (cause instanceof SdkHttpError && cause.status === 404) {
      this.#isLost = true;
      return new SessionGone(why, { cause });
    }
    if (!this.#isLost && cause instanceof SdkError && cause.code === SdkErrorCode.RequestTimeout)
      return new Error(`The server did not answer in time, and was told to stop. Whether something was done is not known. (${why})`, {
        cause,
      });
    this.#isLost = true;
    const complaint = this.#mask(this.#open.program?.complaint.trim() ?? "");
    const more = complaint === "" ? "" : ` The end of what it wrote: ${complaint}`;
    return new Error(
      `The server was lost during this call: ${why} Whether something was done is not known; it is connected to again with the next call.${more}`,
      { cause },
    );
  }
}
