import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConversationId } from "../protocol/ids.ts";
import { type ConversationStart, stateKeys } from "../protocol/state.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import { Conversation } from "./conversation.ts";
import { type ConversationError, inUse, lost, newer, notFound, notOpened, taken } from "./conversationError.ts";
import { type Disk, machineDisk, makeFolder, whenMissing } from "./disk.ts";
import { FollowedConversation } from "./followedConversation.ts";
import { type Forked, removeDrafts, writeFork } from "./fork.ts";
import { defaultTimes, type Lease, type LeaseTimes, LeaseWatch, reloadMs, takeLease, takeOverLease } from "./lease.ts";
import { freshLogIn, hasLog, logIn, removeOldLogs } from "./logFile.ts";
import { defaultKeepBytes, openEventLog } from "./openLog.ts";
import { type EventDraft, stateUpdate } from "./stamp.ts";
import { type Glance, readGlance, readSummary, SummaryKeeper } from "./summary.ts";
import { emptyTrash, idsInTrash, moveBack, moveToTrash } from "./trash.ts";

export interface StoreOptions {
  readonly disk?: Disk;
  readonly times?: LeaseTimes;
  /** How often a conversation that another process writes to is looked at, beside what the system tells. */
  readonly pollMs?: number;
  /** Logs up to this size are in memory as a whole. */
  readonly keepBytes?: number;
  /** Is given each conversation that is opened to write; what it gives back is disposed when that closes. Must not throw. */
  readonly watch?: (conversation: Conversation) => Disposable;
}

/** The conversations below one folder: `<root>/<conversation id>/events.jsonl`, readable by the owner only. */
export class ConversationStore {
  readonly #root: string;
  /** Of those that others may write to. */
  readonly #watches = new Map<ConversationId, LeaseWatch>();
  readonly #options: Required<Omit<StoreOptions, "watch">> & Pick<StoreOptions, "watch">;

  constructor(root: string, options: StoreOptions = {}) {
    this.#root = root;
    this.#options = { disk: machineDisk, times: defaultTimes, pollMs: 1_000, keepBytes: defaultKeepBytes, ...options };
  }

  /** A new conversation whose first events say what it was given. Rejects with `exists` when the id is taken. */
  async create(start: ConversationStart): Promise<Conversation> {
    const folder = this.#folder(start.id);
    if (await isConversation(folder)) throw taken(start.id);
    await makeFolder(folder).catch(refuse);
    const conversation = await this.#open(start.id, takeLease(folder, 0, this.#options.times));
    try {
      await conversation.append(...startEvents(start));
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      throw error;
    }
    return conversation;
  }

  /**
   * Rejects with `not-found`; with `in-use` when another process writes to it and does not end within `patienceMs`; with `newer` or
   * `not-writable`.
   */
  async open(id: ConversationId, patienceMs = reloadMs): Promise<Conversation> {
    const folder = await this.#existing(id);
    return this.#open(id, takeLease(folder, patienceMs, this.#options.times, this.#watchOf(id)));
  }

  /** Opens it whoever has it open to write: there the next append is refused, and nothing is lost that was saved. */
  async takeOver(id: ConversationId): Promise<Conversation> {
    const folder = await this.#existing(id);
    return this.#open(id, takeOverLease(folder, this.#options.times));
  }

  /** What is in it, and what comes; `reason` says why it is not open to write. */
  async openReadOnly(id: ConversationId, reason: ConversationError = inUse()): Promise<FollowedConversation> {
    const folder = await this.#existing(id);
    const { disk, pollMs, times } = this.#options;
    const watch = new LeaseWatch(folder, times);
    const isFree = async (): Promise<boolean> => (await watch.look()).isFree;
    return FollowedConversation.open({ id, folder, disk, reason, isFree, pollMs }).catch(refuse);
  }

  /** The ids of all conversations, in no order. Folders with other names are passed over. */
  async ids(): Promise<ConversationId[]> {
    const names = await readdir(this.#root).catch(whenMissing).catch(refuse);
    return (names ?? []).flatMap((name) => ConversationId.safeParse(name).data ?? []);
  }

  /**
   * All conversations that something is in, those first that changed last. One that cannot be read is left out; rejects with `not-readable`
   * when their folder cannot.
   */
  async list(): Promise<ListedConversation[]> {
    const ids = await this.ids();
    const listed = await Promise.all(ids.map((id) => this.#listed(id).catch(() => undefined)));
    return listed.filter((row) => row !== undefined).toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  }

  /** What is known of a conversation without opening it; undefined when nothing is in it. Of a large log that nobody has closed well, not all. */
  async glance(id: ConversationId): Promise<(Glance & { readonly isOpenElsewhere: boolean }) | undefined> {
    const folder = this.#folder(id);
    const glance = await readGlance(folder, this.#options.disk);
    const isOpenElsewhere = glance && (await this.#isOpenElsewhere(id).catch(whenMissing));
    return glance && isOpenElsewhere !== undefined ? { ...glance, isOpenElsewhere } : undefined;
  }

  /** A new conversation `forkId` with the events of this one up to `atEventId`, or all; it is idle. Rejects with `exists`. */
  async fork(id: ConversationId, forkId: ConversationId, what: Forked = {}): Promise<void> {
    if (await isConversation(this.#folder(forkId))) throw taken(forkId);
    await using source = await this.openReadOnly(id);
    if (source.isNewer) throw newer();
    await writeFork({ ...what, source, id: forkId, root: this.#root, disk: this.#options.disk }).catch(refuse);
  }

  /** It can be restored for thirty days. Whoever has it open can append nothing more. */
  async delete(id: ConversationId): Promise<void> {
    await moveToTrash(this.#root, id);
    this.#watches.delete(id);
  }

  /** The ids of those that can be restored, in no order. */
  deletedIds(): Promise<ConversationId[]> {
    return idsInTrash(this.#root).catch(refuse);
  }

  async restore(id: ConversationId): Promise<void> {
    await moveBack(this.#root, id);
  }

  /** Removes for good what was deleted thirty days before `now`, in milliseconds since 1970, and what forks that were cut off have left. */
  async emptyTrash(now = Date.now()): Promise<void> {
    await emptyTrash(this.#root, now);
    await removeDrafts(this.#root, now);
  }

  async #open(id: ConversationId, taking: Promise<Lease>): Promise<Conversation> {
    const lease = await taking.catch(refuse);
    const folder = this.#folder(id);
    const { disk, keepBytes } = this.#options;
    try {
      const opened = await openEventLog(await logIn(folder), {
        disk,
        keepBytes,
        isHeld: () => lease.isHeld(),
        mayHaveWriter: lease.mayHaveWriter,
        freshPath: freshLogIn(folder, lease.generation),
      });
      await removeOldLogs(folder);
      await lease.settle();
      const { log } = opened;
      const ends = [...(await log.read(0, 1)), ...(await log.read(log.count - 1, log.count))];
      const holding = new Holdings(lease);
      const conversation = new Conversation(id, opened, holding);
      holding.summary = new SummaryKeeper(folder, conversation, [ends[0], ends.at(-1)]);
      holding.watch = this.#options.watch?.(conversation);
      return conversation;
    } catch (error) {
      // Because who takes over clears away what it has copied, under our hands.
      const isLost = !lease.isHeld();
      await lease[Symbol.asyncDispose]();
      throw isLost ? lost() : notOpened(error);
    }
  }

  async #listed(id: ConversationId): Promise<ListedConversation | undefined> {
    const folder = this.#folder(id);
    const [summary, isOpenElsewhere] = await Promise.all([readSummary(folder, id, this.#options.disk), this.#isOpenElsewhere(id)]);
    return summary && { ...summary, isOpenElsewhere };
  }

  async #isOpenElsewhere(id: ConversationId): Promise<boolean> {
    const watch = this.#watchOf(id);
    const { isFree, isOurs, mayHaveWriter } = await watch.look();
    // One whose owner nobody can look at must be watched for long, to be known as left.
    if (isOurs || !mayHaveWriter) this.#watches.delete(id);
    else this.#watches.set(id, watch);
    return !isFree && !isOurs;
  }

  #watchOf(id: ConversationId): LeaseWatch {
    return this.#watches.get(id) ?? new LeaseWatch(this.#folder(id), this.#options.times);
  }

  async #existing(id: ConversationId): Promise<string> {
    const folder = this.#folder(id);
    if (!(await isConversation(folder))) throw notFound(id);
    return folder;
  }

  #folder(id: ConversationId): string {
    return join(this.#root, id);
  }
}

/** What an open conversation of the store holds on to: its lease, and its summary, which is written last. */
class Holdings implements AsyncDisposable {
  readonly #lease: Lease;
  summary: SummaryKeeper | undefined;
  watch: Disposable | undefined;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch?.[Symbol.dispose]();
    await this.summary?.[Symbol.asyncDispose]();
    await this.#lease[Symbol.asyncDispose]();
  }
}

function startEvents(start: ConversationStart): EventDraft[] {
  const values: Record<string, unknown> = {
    id: start.id,
    workspace: { kind: "LocalWorkspace", working_dir: start.working_dir, ...(start.folders ? { folders: start.folders } : {}) },
    ...(start.runtime === undefined ? {} : { [stateKeys.runtime]: start.runtime }),
    agent: { kind: "Agent", llm: start.llm },
    confirmation_policy: start.confirmation_policy,
    max_iterations: start.max_iterations,
    ...(start.limits === undefined ? {} : { limits: start.limits }),
  };
  return Object.entries(values).map(([key, value]) => stateUpdate(key, value));
}

async function isConversation(folder: string): Promise<boolean> {
  return (await hasLog(folder).catch(whenMissing).catch(refuse)) ?? false;
}

function refuse(error: unknown): never {
  throw notOpened(error);
}
