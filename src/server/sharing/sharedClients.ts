import { ConversationId } from "../../protocol/ids.ts";
import type { SocketFamily } from "../sockets/socketServer.ts";

/** Somebody who follows a conversation, or who only asks now and then. */
export interface SharedClient {
  /** Undefined when it was named in a way that is not ours, or when none was asked about. */
  readonly conversationId: ConversationId | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Of one that asks: how it names itself, at most 60 characters, and when it asked last, in milliseconds since 1970. */
  readonly asking?: { readonly name: string; readonly last: number };
}

interface Asking {
  readonly name: string;
  readonly since: number;
  readonly about: Set<ConversationId>;
  last: number;
  latest: ConversationId | undefined;
  isClear: boolean;
  timer: NodeJS.Timeout;
}

/** So many that ask are remembered, because a client may name itself anew with every request. */
const mostAsking = 20;
/** Because they are names of anything that may be a conversation. */
const mostAbout = 1_000;
const mostOfName = 60;
/** Who is going to follow asks first. Before it is clear, nobody is shown. */
const unclearMs = 1_000;

/**
 * Who uses a shared host. A client with a socket is there for as long as that is open; one that only asks, for a while after each request. Requests
 * say no more of who sends them than how the program names itself, so those of one name are one client, and they are a follower's own where
 * they are about a conversation that is followed.
 */
export class SharedClients implements Disposable {
  readonly #activeMs: number;
  readonly #onChange: () => void;
  readonly #following = new Set<SharedClient>();
  readonly #asking = new Map<string, Asking>();
  #isOver = false;

  constructor(activeMs: number, onChange: () => void) {
    this.#activeMs = activeMs;
    this.#onChange = onChange;
  }

  /** Those that follow first. */
  get all(): readonly SharedClient[] {
    const followed = new Set([...this.#following].map(({ conversationId }) => conversationId));
    const asking = [...this.#asking.values()].filter(({ about, isClear }) => isClear && [...about].every((id) => !followed.has(id)));
    return [
      ...this.#following,
      ...asking.map(({ name, since, last, latest }) => ({ conversationId: latest, since, asking: { name, last } })),
    ];
  }

  /** A request of a client that was let in. */
  asked(name: string, path: string): void {
    if (this.#isOver) return;
    const shown = plain(name);
    const now = Date.now();
    const known = this.#asking.get(shown);
    clearTimeout(known?.timer);
    const timer = setTimeout(() => this.#forget([shown]), this.#activeMs).unref();
    const asking: Asking = known ?? { name: shown, since: now, about: new Set(), last: now, latest: undefined, isClear: false, timer };
    if (known === undefined) setTimeout(() => this.#show(asking), unclearMs).unref();
    const id = ConversationId.safeParse(path.split("/")[3]).data;
    if (id !== undefined && asking.about.size < mostAbout) asking.about.add(id);
    const isOther = id !== undefined && id !== asking.latest;
    Object.assign(asking, { last: now, latest: id ?? asking.latest, timer });
    // Those that asked last are at the end.
    this.#asking.delete(shown);
    this.#asking.set(shown, asking);
    const [oldest] = this.#asking.keys();
    if (oldest !== undefined && this.#asking.size > mostAsking) this.#forget([oldest]);
    if (isOther) this.#onChange();
  }

  /** The same sockets, of which those that are let in are counted for as long as they are open. */
  counting(family: SocketFamily): SocketFamily {
    return {
      at: (path, query) => {
        const serve = family.at(path, query);
        if (serve === undefined) return undefined;
        return async (client) => {
          const counted = { conversationId: ConversationId.safeParse(path.split("/").at(-1)).data, since: Date.now() };
          this.#following.add(counted);
          this.#onChange();
          try {
            await serve(client);
            await client.ended;
          } finally {
            this.#following.delete(counted);
            this.#left(counted);
          }
        };
      },
    };
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const { timer } of this.#asking.values()) clearTimeout(timer);
    this.#asking.clear();
  }

  #show(asking: Asking): void {
    asking.isClear = true;
    if (this.#asking.get(asking.name) === asking) this.#onChange();
  }

  /** What a follower has asked itself goes with it, and is there again when it asks more. */
  #left({ conversationId }: SharedClient): void {
    const isFollowers = ({ about }: Asking): boolean => conversationId !== undefined && about.has(conversationId);
    this.#forget([...this.#asking].filter(([, asking]) => isFollowers(asking)).map(([name]) => name));
  }

  #forget(names: readonly string[]): void {
    for (const name of names) {
      clearTimeout(this.#asking.get(name)?.timer);
      this.#asking.delete(name);
    }
    this.#onChange();
  }
}

/** On one line, without what could be taken for something else. */
function plain(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, "").slice(0, mostOfName);
}
