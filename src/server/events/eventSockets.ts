import * as z from "zod";
import { ConversationError } from "../../conversation/conversationError.ts";
import { HostError } from "../../host/hostError.ts";
import { ConversationPath } from "../../protocol/agentServer/conversations.ts";
import { EventSocketQuery, SocketMessage } from "../../protocol/agentServer/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { Refusal } from "../answers.ts";
import { type Client, closeCodes } from "../sockets/client.ts";
import { isLateAuth } from "../sockets/firstFrame.ts";
import type { SocketFamily } from "../sockets/socketServer.ts";
import { EventFeed } from "./eventFeed.ts";
import type { FullState } from "./fullState.ts";
import { serverErrorEvent } from "./passingEvents.ts";
import { sendMessage, type TalkHost } from "./talk.ts";
import { frameOf } from "./wire.ts";
import type { WireLog } from "./wireLog.ts";
import type { Held, WireLogs } from "./wireLogs.ts";

export interface EventSocketsOptions {
  readonly host: TalkHost;
  readonly logs: WireLogs;
  /** The state of a conversation as it is now, as `fullStateOf` makes it. */
  readonly fullState: (id: ConversationId) => Promise<FullState>;
  readonly log: Log;
}

/** Of one conversation. */
const mostClients = 50;

/** `/sockets/events/{conversation}` (agent-server protocol §3.1). Closing one stops no run. */
export class EventSockets implements SocketFamily {
  readonly #options: EventSocketsOptions;
  readonly #feeds = new Map<WireLog, EventFeed>();

  constructor(options: EventSocketsOptions) {
    this.#options = options;
  }

  at(path: string, query: Readonly<Record<string, string>>): ((client: Client) => Promise<void>) | undefined {
    const [, given] = /^\/sockets\/events\/([^/]+)$/.exec(path) ?? [];
    const id = ConversationPath.safeParse({ conversation_id: given }).data?.conversation_id;
    const asked = EventSocketQuery.safeParse(query).data;
    return id === undefined || asked === undefined ? undefined : (client) => this.#serve(client, id, asked);
  }

  async #serve(client: Client, id: ConversationId, query: EventSocketQuery): Promise<void> {
    using held = await this.#held(id);
    if (held === undefined) return client.close(closeCodes.notFound, "Conversation not found");
    const feed = this.#feedOf(held.log);
    if (feed.size >= mostClients) return client.close(closeCodes.tryLater, "Too many subscribers");
    if (query.resend_mode === "since" && query.after_timestamp === undefined)
      this.#options.log.warn("A client asked for events since no time, and is told none of them.", { id });
    try {
      await Promise.all([feed.add(client, query), this.#hearAll(client, id)]);
    } finally {
      if (feed.size === 0 && this.#feeds.delete(held.log)) feed[Symbol.dispose]();
    }
  }

  async #held(id: ConversationId): Promise<Held | undefined> {
    try {
      return await this.#options.logs.hold(id);
    } catch (error) {
      if (error instanceof ConversationError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  #feedOf(log: WireLog): EventFeed {
    const feed = this.#feeds.get(log) ?? new EventFeed(log, () => this.#options.fullState(log.id));
    this.#feeds.set(log, feed);
    return feed;
  }

  /** One message after the other, until it has closed. */
  async #hearAll(client: Client, id: ConversationId): Promise<void> {
    for (let text = await client.next(); text !== undefined; text = await client.next()) {
      // One that came too late to be needed.
      if (isLateAuth(text)) continue;
      try {
        const message = SocketMessage.parse(JSON.parse(text));
        await sendMessage(this.#options.host, id, { ...message, run: true });
      } catch (error) {
        this.#tellFault(client, id, error);
      }
    }
  }

  #tellFault(client: Client, id: ConversationId, error: unknown): void {
    const code = codeOf(error);
    if (code === "InternalError")
      this.#options.log.error("A message over a socket failed.", { id, error: error instanceof Error ? error.name : "unknown" });
    client.send(Buffer.from(frameOf(serverErrorEvent(code, detailOf(error)))));
  }
}

function codeOf(error: unknown): string {
  if (error instanceof SyntaxError) return "JSONDecodeError";
  if (error instanceof Refusal) return "ValueError";
  if (isInvalid(error)) return "ValidationError";
  return error instanceof HostError || error instanceof ConversationError ? error.name : "InternalError";
}

function detailOf(error: unknown): string {
  if (!isInvalid(error)) return messageOf(error);
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "message"}: ${issue?.message ?? "invalid"}`;
}

function isInvalid(error: unknown): error is z.ZodError {
  return error instanceof z.ZodError;
}
