import type { ActivityListener, AgentHost, Followed, NotificationListener, Page } from "../../host/agentHost.ts";
import type { Command } from "../../protocol/commands.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ListedConversation } from "../../protocol/summary.ts";

/** A host of the window, which may have conversations that are not on this machine. */
export interface WindowHost extends AgentHost {
  /** The server that has the conversation, as a person knows it; undefined: it is of this machine. */
  serverOf?(id: ConversationId): string | undefined;
}

export interface Server {
  readonly name: string;
  /** Opened when it is first needed. Rejects with a sentence. */
  readonly host: () => Promise<AgentHost>;
}

/**
 * The window's host: this machine's, or that of the server which the window is connected to. What is open on this machine goes on there when the
 * window connects, and can be reached for as long as it is open.
 */
export class SwitchedHost implements WindowHost {
  readonly #local: AgentHost;
  readonly #openHere = new Set<ConversationId>();
  readonly #listeners = new Map<ActivityListener, Disposable | undefined>();
  readonly #watching: Disposable;
  #server: Server | undefined;

  constructor(local: AgentHost) {
    this.#local = local;
    this.#watching = local.watch((notice) => {
      if (notice.type === "changed") this.#openHere.add(notice.activity.id);
      else this.#openHere.delete(notice.id);
    });
  }

  get server(): Server | undefined {
    return this.#server;
  }

  /** Undefined: this machine. The one before is left as it is. */
  use(server: Server | undefined): void {
    this.#server = server;
    for (const [listener, watching] of this.#listeners) {
      watching?.[Symbol.dispose]();
      this.#listeners.set(listener, undefined);
      this.#watchServer(listener);
    }
  }

  serverOf(id: ConversationId): string | undefined {
    return this.#openHere.has(id) ? undefined : this.#server?.name;
  }

  async handle(command: Command): Promise<void> {
    const host = command.type === "conversation.create" ? await this.#current() : await this.#of(command.conversationId);
    await host.handle(command);
  }

  async subscribe(id: ConversationId, afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    return (await this.#of(id)).subscribe(id, afterSeq, listener);
  }

  /** Nothing is awaited between the host's answer and ours, so that the snapshot is in place before anything is heard. */
  follow(id: ConversationId, options: { readonly limit: number }, listener: NotificationListener): Promise<Followed> {
    const server = this.#openHere.has(id) ? undefined : this.#server;
    return server ? server.host().then((host) => host.follow(id, options, listener)) : this.#local.follow(id, options, listener);
  }

  async page(id: ConversationId, options: { readonly beforeSeq?: number; readonly limit: number }): Promise<Page> {
    return (await this.#of(id)).page(id, options);
  }

  async list(): Promise<ListedConversation[]> {
    return (await this.#current()).list();
  }

  watch(listener: ActivityListener): Disposable {
    const local = this.#local.watch(listener);
    this.#listeners.set(listener, undefined);
    this.#watchServer(listener);
    return {
      [Symbol.dispose]: () => {
        local[Symbol.dispose]();
        this.#listeners.get(listener)?.[Symbol.dispose]();
        this.#listeners.delete(listener);
      },
    };
  }

  async settled(id: ConversationId): Promise<void> {
    await (await this.#of(id)).settled(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watching[Symbol.dispose]();
    await this.#local[Symbol.asyncDispose]();
  }

  #of(id: ConversationId): Promise<AgentHost> {
    return this.#openHere.has(id) ? Promise.resolve(this.#local) : this.#current();
  }

  #current(): Promise<AgentHost> {
    return this.#server ? this.#server.host() : Promise.resolve(this.#local);
  }

  #watchServer(listener: ActivityListener): void {
    const server = this.#server;
    if (server === undefined) return;
    void server.host().then(
      (host) => {
        if (this.#server === server && this.#listeners.has(listener)) this.#listeners.set(listener, host.watch(listener));
      },
      // Who asks it for something hears why it cannot be opened.
      () => undefined,
    );
  }
}
