import type { Command } from "../../protocol/commands.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { LlmRef } from "../../protocol/state.ts";
import type { ListedConversation } from "../../protocol/summary.ts";
import type { ActivityListener, AgentHost, Followed, NotificationListener, Page } from "../agentHost.ts";
import { HostError } from "../hostError.ts";
import { Watch } from "../watch.ts";
import { usualWaits, type Waits } from "./backoff.ts";
import { performRemotely } from "./remoteCommands.ts";
import { RemoteConversation } from "./remoteConversation.ts";
import { type ServerAddress, ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";
import { ServerFolders } from "./serverFolders.ts";
import { readLevel, type ServerLevel } from "./serverLevel.ts";
import { InfoPage, listedOf } from "./wireInfo.ts";

export interface RemoteHostOptions {
  readonly server: ServerAddress;
  /** The key for a model, which is told to the server with the model; undefined: the server has its own. */
  readonly apiKeyOf: (ref: LlmRef) => Promise<string | undefined>;
  readonly log: Log;
  /** Between attempts to reach the server again; one second, doubling up to thirty, unless told. */
  readonly waits?: Waits;
}

const perPage = 100;
/** So many conversations are listed, those that changed last. */
const mostListed = 1000;

/**
 * The conversations of an agent-server, ours or the official one, by its REST and sockets (agent-server protocol §2, §3). Nothing is asked of the
 * server before it is needed. One that is followed stays connected while somebody listens or its agent works.
 */
export class RemoteHost implements AgentHost {
  readonly #options: RemoteHostOptions;
  readonly #client: ServerClient;
  readonly folders: ServerFolders;
  readonly #watch: Watch;
  readonly #open = new Map<ConversationId, RemoteConversation>();
  #level: Promise<ServerLevel> | undefined;
  #isClosed = false;

  constructor(options: RemoteHostOptions) {
    this.#options = options;
    this.#client = new ServerClient(options.server);
    this.folders = new ServerFolders(this.#client);
    this.#watch = new Watch(options.log);
  }

  /** Host and port of the server. */
  get name(): string {
    return this.#client.name;
  }

  /** What the server is; asked once. Rejects with a ServerError when it cannot be worked with. */
  level(): Promise<ServerLevel> {
    this.#level ??= readLevel(this.#client).catch((error: unknown) => {
      this.#level = undefined;
      throw error;
    });
    return this.#level;
  }

  /** Tries to reach the server at once, wherever that is waited for. */
  reconnect(): void {
    for (const conversation of this.#open.values()) conversation.wake();
  }

  async handle(command: Command): Promise<void> {
    this.#refuseWhenClosed();
    const models = async () => ({ level: await this.level(), apiKeyOf: this.#options.apiKeyOf });
    await performRemotely(command, {
      client: this.#client,
      models,
      use: (id, work) => this.#use(id, work),
      followed: (id) => this.#open.get(id),
    });
  }

  async subscribe(id: ConversationId, afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    return this.#use(id, (conversation) => conversation.subscribe(afterSeq, listener));
  }

  async follow(id: ConversationId, { limit }: { readonly limit: number }, listener: NotificationListener): Promise<Followed> {
    return this.#use(id, (conversation) => conversation.follow(limit, listener));
  }

  async page(id: ConversationId, { beforeSeq = Infinity, limit }: { readonly beforeSeq?: number; readonly limit: number }): Promise<Page> {
    return this.#use(id, (conversation) => conversation.page(beforeSeq, limit));
  }

  async list(): Promise<ListedConversation[]> {
    this.#refuseWhenClosed();
    const listed: ListedConversation[] = [];
    for (let page_id: string | undefined; listed.length < mostListed; ) {
      const query = { sort_order: "UPDATED_AT_DESC", limit: perPage, page_id };
      const page = InfoPage.safeParse(await this.#client.get("api/conversations/search", { query })).data;
      if (page === undefined) throw new ServerError("not-understood", `The server ${this.name} sent a list that is none.`);
      listed.push(...page.items.flatMap((item) => listedOf(item) ?? []));
      page_id = page.next_page_id ?? undefined;
      if (page_id === undefined) break;
    }
    return listed;
  }

  watch(listener: ActivityListener): Disposable {
    return this.#watch.add(listener);
  }

  async settled(id: ConversationId): Promise<void> {
    await this.#use(id, (conversation) => conversation.settled());
  }

  /** The agents go on on their server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const conversation of [...this.#open.values()]) conversation[Symbol.dispose]();
  }

  async #use<Result>(id: ConversationId, work: (conversation: RemoteConversation) => Promise<Result>): Promise<Result> {
    this.#refuseWhenClosed();
    return this.#opened(id).use(work);
  }

  #opened(id: ConversationId): RemoteConversation {
    const known = this.#open.get(id);
    if (known) return known;
    const { log, waits = usualWaits } = this.#options;
    const forget = (): void => void (this.#open.get(id) === opened && this.#open.delete(id));
    const opened = new RemoteConversation(id, { client: this.#client, waits, watch: this.#watch, log, forget });
    this.#open.set(id, opened);
    return opened;
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new HostError("closed", "The connection to the server has been ended.");
  }
}
