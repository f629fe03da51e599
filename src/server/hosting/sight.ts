import type { Conversation } from "../../conversation/conversation.ts";
import { ConversationError } from "../../conversation/conversationError.ts";
import type { ConversationStore } from "../../conversation/store.ts";
import { type Glance, type LeanState, leanState } from "../../conversation/summary.ts";
import type { Host } from "../../host/host.ts";
import type { ConversationId } from "../../protocol/ids.ts";

/** A conversation at one moment, as a list needs it. */
export interface Seen {
  readonly state: LeanState;
  /** In UTC. */
  readonly createdAt: string;
}

/** How conversations are, without opening any. One that another process writes to is not there. */
export interface Sight {
  /** Undefined when it is not there. */
  find(id: ConversationId): Promise<Seen | undefined>;
  /** Whether it is there for anybody. */
  isTaken(id: ConversationId): Promise<boolean>;
  /** Of all that are there, whether they can be read or not. */
  ids(): Promise<readonly ConversationId[]>;
  /** What cannot be read is left out. */
  all(): Promise<ReadonlyMap<ConversationId, Seen>>;
  /** It has been deleted. */
  forget(id: ConversationId): void;
}

/** What is on the disk is looked at again after so long; nobody waits for that who has been told of it before. */
const freshMs = 2_000;

interface Kept {
  readonly seen: Seen | undefined;
  readonly at: number;
}

/**
 * Of those that are open it knows the state at each moment; of the others what it has seen last.
 *
 * Its `watch` belongs into the options of the store.
 */
export class StoreSight implements Sight {
  #store: ConversationStore | undefined;
  readonly #open = new Map<ConversationId, Conversation>();
  readonly #created = new Map<ConversationId, string>();
  readonly #kept = new Map<ConversationId, Kept>();
  readonly #stale = new Set<ConversationId>();
  #isLooking = false;

  /** The store that has its `watch`; it cannot be there before. */
  set store(store: ConversationStore) {
    this.#store = store;
  }

  watch(conversation: Conversation): Disposable {
    const { id } = conversation;
    this.#open.set(id, conversation);
    return {
      [Symbol.dispose]: () => {
        if (this.#open.get(id) !== conversation) return;
        this.#open.delete(id);
        const createdAt = this.#created.get(id);
        this.#created.delete(id);
        // Only when it is known since when it is there, because an entry is whole.
        if (createdAt !== undefined) this.#keep(id, { state: leanState(conversation.state), createdAt });
      },
    };
  }

  async find(id: ConversationId): Promise<Seen | undefined> {
    return (await this.#opened(id)) ?? this.#glance(id);
  }

  async isTaken(id: ConversationId): Promise<boolean> {
    return this.#open.has(id) || (await this.#store?.glance(id)) !== undefined;
  }

  async ids(): Promise<readonly ConversationId[]> {
    return (await this.#store?.ids()) ?? [];
  }

  async all(): Promise<ReadonlyMap<ConversationId, Seen>> {
    const ids = await this.ids();
    const there = new Set(ids);
    for (const id of this.#kept.keys()) if (!there.has(id)) this.#kept.delete(id);
    const seen = await Promise.all(ids.map(async (id) => [id, await this.#quick(id)] as const));
    return new Map(seen.flatMap(([id, one]) => (one === undefined ? [] : [[id, one] as const])));
  }

  forget(id: ConversationId): void {
    this.#kept.delete(id);
  }

  async #quick(id: ConversationId): Promise<Seen | undefined> {
    const open = await this.#opened(id);
    if (open !== undefined) return open;
    const kept = this.#kept.get(id);
    const isOld = kept === undefined || performance.now() - kept.at > freshMs;
    // What was not there may have come.
    if (isOld && kept?.seen === undefined) return this.#glance(id).catch(() => undefined);
    if (isOld) this.#lookAgain(id);
    return kept.seen;
  }

  /** One after the other, so that requests go before. */
  #lookAgain(id: ConversationId): void {
    this.#stale.add(id);
    if (!this.#isLooking) void this.#lookAtStale();
  }

  async #lookAtStale(): Promise<void> {
    this.#isLooking = true;
    for (const id of this.#stale) {
      this.#stale.delete(id);
      // What cannot be read now is looked at again.
      await this.#glance(id).catch(() => undefined);
    }
    this.#isLooking = false;
  }

  async #opened(id: ConversationId): Promise<Seen | undefined> {
    const conversation = this.#open.get(id);
    if (conversation === undefined) return undefined;
    const createdAt = this.#created.get(id) ?? inUtc((await conversation.read(0, 1))[0]?.timestamp);
    if (conversation.count > 0) this.#created.set(id, createdAt);
    return { state: leanState(conversation.state), createdAt };
  }

  async #glance(id: ConversationId): Promise<Seen | undefined> {
    const glance = await this.#store?.glance(id);
    if (glance !== undefined) return this.#keep(id, glance.isOpenElsewhere ? undefined : seenOf(glance));
    // Not remembered, because clients may ask for any number of ids.
    this.#kept.delete(id);
    return undefined;
  }

  #keep(id: ConversationId, seen: Seen | undefined): Seen | undefined {
    this.#kept.set(id, { seen, at: performance.now() });
    return seen;
  }
}

/** Where only the host is there to be asked. */
export class HostSight implements Sight {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async find(id: ConversationId): Promise<Seen | undefined> {
    const glimpse = await unlessMissing(this.#host.glance(id));
    return glimpse === undefined || glimpse.isOpenElsewhere ? undefined : seenOf(glimpse);
  }

  async isTaken(id: ConversationId): Promise<boolean> {
    return (await unlessMissing(this.#host.glance(id))) !== undefined;
  }

  async ids(): Promise<readonly ConversationId[]> {
    return (await this.#host.list()).map(({ id }) => id);
  }

  async all(): Promise<ReadonlyMap<ConversationId, Seen>> {
    const ids = await this.ids();
    const seen = await Promise.all(ids.map(async (id) => [id, await this.find(id).catch(() => undefined)] as const));
    return new Map(seen.flatMap(([id, one]) => (one === undefined ? [] : [[id, one] as const])));
  }

  /** It keeps nothing. */
  forget(): void {}
}

async function unlessMissing<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof ConversationError && error.code === "not-found") return undefined;
    throw error;
  }
}

function seenOf({ state, createdAt }: Pick<Glance, "state" | "createdAt">): Seen {
  return { state, createdAt: inUtc(createdAt) };
}

/** Events have the local time without a zone. */
export function inUtc(timestamp = ""): string {
  const time = Date.parse(timestamp);
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
}
