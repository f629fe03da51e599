import type { AgentHost } from "../../host/agentHost.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ListedConversation } from "../../protocol/summary.ts";
import type { Activities } from "../activity/activities.ts";
import type { HistoryEntry } from "./historyWords.ts";

/** All conversations, newest first: what is on the disk, and above it what goes on in this window. */
export class History {
  readonly #host: AgentHost;
  readonly #activities: Activities;
  #listed: readonly ListedConversation[] | undefined;
  #reading: Promise<void> | undefined;

  constructor(host: AgentHost, activities: Activities) {
    this.#host = host;
    this.#activities = activities;
  }

  /** As they were when they were read last; read now when they were not. */
  async entries(): Promise<readonly HistoryEntry[]> {
    if (this.#listed === undefined) await this.read();
    const entries = (this.#listed ?? []).map((listed) => this.#entry(listed));
    return entries.toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  }

  /** They are of another host now: what was read counts no more. */
  forget(): void {
    this.#listed = undefined;
    this.#reading = undefined;
  }

  has(id: ConversationId): boolean {
    return this.#listed?.some((listed) => listed.id === id) ?? false;
  }

  /** Reads the list anew; asked while that goes on, it is read once. */
  async read(): Promise<void> {
    this.#reading ??= this.#host.list().then(
      (listed) => this.#set(listed),
      (error: unknown) => {
        this.#set(this.#listed ?? []);
        throw error;
      },
    );
    await this.#reading;
  }

  #set(listed: readonly ListedConversation[]): void {
    this.#reading = undefined;
    this.#listed = listed;
  }

  #entry(listed: ListedConversation): HistoryEntry {
    const activity = this.#activities.get(listed.id);
    if (activity === undefined) return { ...listed, waiting: listed.execution_status === "waiting_for_confirmation" ? 1 : 0 };
    const { title, execution_status, waiting, since, isReadOnly, isAway = false } = activity;
    const updated_at = since > listed.updated_at ? since : listed.updated_at;
    const reach = { isOpenElsewhere: isReadOnly && !isAway, isAway };
    return { ...listed, ...(title === undefined ? {} : { title }), execution_status, waiting, updated_at, ...reach };
  }
}
