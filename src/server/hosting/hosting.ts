import type { ConversationStore } from "../../conversation/store.ts";
import type { LeanState } from "../../conversation/summary.ts";
import type { Host } from "../../host/host.ts";
import { HostError } from "../../host/hostError.ts";
import type { Look } from "../../host/mode.ts";
import type { Tags } from "../../protocol/agentServer/agent.ts";
import type { ConversationInfo } from "../../protocol/agentServer/conversations.ts";
import type { Command } from "../../protocol/commands.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { RuntimeRef } from "../../protocol/sandbox.ts";
import { Refusal } from "../answers.ts";
import { WireLogs } from "../events/wireLogs.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { ClientTools } from "./clientTools.ts";
import { Goals } from "./goals.ts";
import { infoOf } from "./info.ts";
import type { Lookups } from "./lookups.ts";
import type { Meta, Metas } from "./meta.ts";
import { inUtc, type Seen, type Sight } from "./sight.ts";

/** What the routes of conversations are given. */
export interface HostingOptions {
  readonly host: Host;
  readonly sight: Sight;
  /** Undefined where the conversations belong to another program, which shares them: then nothing is kept beside their logs. */
  readonly metas: Metas | undefined;
  /** Forks with what is kept beside the log; where nothing is, the host does it. */
  readonly fork?: ConversationStore["fork"];
  readonly lookups: Lookups;
  /** Undefined: there is no key, so that nothing can be exchanged encrypted. */
  readonly cipher: Cipher | undefined;
  /** The folder that the logs are in, where clients may know it. */
  readonly root: string | null;
  /** Where the tools of a conversation act when its request does not say. */
  readonly runtime: RuntimeRef;
  /** What a relative working directory is in. */
  readonly workspace?: string | undefined;
  /** Where worktrees are made; undefined: none are. */
  readonly worktreeRoot?: string | undefined;
  /** Because each takes some memory and some of the disk; ten thousand unless told. */
  readonly mostConversations?: number | undefined;
  readonly log: Log;
}

export interface Shown {
  /** Whether the agent is shown with its skills; false unless told. */
  readonly skills?: boolean;
}

/** What conversations are found and sorted by. */
export interface Row {
  readonly id: ConversationId;
  readonly state: LeanState;
  readonly meta: Meta | undefined;
  /** In UTC. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly execution_status: LeanState["execution_status"];
}

const usualMost = 10_000;

/** Conversations that are served by the agent-server protocol: those of a host, and what clients have said of them. */
export class Hosting {
  readonly options: HostingOptions;
  /** Their events, as clients see them; those in use keep their conversations open as long as the host lives. */
  readonly logs: WireLogs;
  readonly clientTools = new ClientTools();
  readonly goals: Goals;

  constructor(options: HostingOptions) {
    this.options = options;
    this.logs = new WireLogs(options.host);
    this.goals = new Goals(options.host, options.log);
  }

  get host(): Host {
    return this.options.host;
  }

  /** Throws a Refusal with `status` when it is not there. */
  async require(id: ConversationId, status: 400 | 404 = 404): Promise<Seen> {
    const seen = await this.options.sight.find(id);
    if (seen === undefined) throw new Refusal(status, `There is no conversation ${id}.`);
    return seen;
  }

  /** Throws a Refusal with 429 when no more may begin. */
  async checkRoom(): Promise<void> {
    const { sight, mostConversations = usualMost } = this.options;
    if ((await sight.ids()).length >= mostConversations)
      throw new Refusal(429, `There are ${mostConversations} conversations already. Delete some that nobody needs.`);
  }

  /** All of its state as it is now. Throws a Refusal with 404. */
  async look(id: ConversationId): Promise<Look> {
    await this.require(id);
    return this.host.look(id);
  }

  /** What the host refuses is answered with `status`. */
  async command(command: Command, status: 400 | 409 = 409): Promise<void> {
    try {
      await this.host.handle(command);
    } catch (error) {
      if (error instanceof HostError && error.code !== "closed")
        throw new Refusal(error.code === "not-found" ? 404 : status, error.message);
      throw error;
    }
  }

  /** With everything that clients have sent; undefined where no server has begun it. */
  meta(id: ConversationId): Promise<Meta | undefined> {
    return this.options.metas?.get(id) ?? Promise.resolve(undefined);
  }

  /** Throws a Refusal with 404. */
  async infoOf(id: ConversationId, shown: Shown = {}): Promise<ConversationInfo> {
    const row = await this.#row(id, await this.require(id));
    return this.#info(row, shown, await this.#children());
  }

  /** All that can be shown, in no order. One that cannot be read is left out, and changes nothing for the others. */
  async rows(): Promise<Row[]> {
    const all = await this.options.sight.all();
    const rows = [...all].map(([id, seen]) => this.#row(id, seen).catch(() => undefined));
    return (await Promise.all(rows)).filter((row) => row !== undefined);
  }

  /** The same in all detail. Those that cannot be read any more are left out. */
  async infosOf(rows: readonly Row[], shown: Shown = {}): Promise<ConversationInfo[]> {
    const children = await this.#children();
    const infos = await Promise.all(rows.map((row) => this.#info(row, shown, children).catch(() => undefined)));
    return infos.filter((info) => info !== undefined);
  }

  /** It has been deleted. */
  forget(id: ConversationId): void {
    this.options.metas?.forget(id);
    this.options.sight.forget(id);
  }

  /** What a person calls it; tags replace all that were there. */
  async rename(
    id: ConversationId,
    { title, tags }: { readonly title?: string | null | undefined; readonly tags?: Tags | null | undefined },
  ) {
    const updated_at = new Date().toISOString();
    await this.options.metas?.update(id, (meta) => ({ ...meta, title: title ?? meta.title, tags: tags ?? meta.tags, updated_at }));
    if (title != null) await this.command({ type: "conversation.rename", conversationId: id, title });
  }

  async #row(id: ConversationId, { state, createdAt }: Seen): Promise<Row> {
    const meta = await this.options.metas?.slim(id);
    const created_at = meta?.created_at ?? createdAt;
    const changed = state.updated_at === undefined ? created_at : inUtc(state.updated_at);
    return {
      id,
      state,
      meta,
      created_at,
      updated_at: latest(meta?.updated_at ?? created_at, changed),
      execution_status: state.execution_status,
    };
  }

  async #info({ created_at, updated_at, ...row }: Row, { skills = false }: Shown, children: Children): Promise<ConversationInfo> {
    const { metas, root } = this.options;
    const { id, state } = row;
    const meta = skills ? await metas?.get(id) : row.meta;
    const folder = root === null ? null : `${root}/${id}`;
    const known = { id, state, meta, createdAt: created_at, updatedAt: updated_at, children: children.get(id) ?? [], folder };
    return infoOf(known, { skills });
  }

  async #children(): Promise<Children> {
    const { metas, sight } = this.options;
    return metas === undefined ? new Map() : metas.byParent(await sight.ids());
  }
}

type Children = ReadonlyMap<ConversationId, readonly ConversationId[]>;

function latest(one: string, other: string): string {
  return one > other ? one : other;
}
