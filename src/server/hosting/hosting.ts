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
  readonly log: Log;
}

export interface Shown {
  /** Whether the agent is shown with its skills; false unless told. */
  readonly skills?: boolean;
}

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
    const seen = await this.require(id);
    const children = (await this.#parents()).filter(({ parent }) => parent === id);
    return this.#info(id, { seen, shown, children: children.map((child) => child.id) });
  }

  /** All that can be shown, in no order. One that cannot be read is left out, and changes nothing for the others. */
  async all(shown: Shown = {}): Promise<ConversationInfo[]> {
    const [all, parents] = await Promise.all([this.options.sight.all(), this.#parents()]);
    const childrenOf = Map.groupBy(parents, ({ parent }) => parent);
    const infos = [...all].map(([id, seen]) =>
      this.#info(id, { seen, shown, children: (childrenOf.get(id) ?? []).map((child) => child.id) }).catch(() => undefined),
    );
    return (await Promise.all(infos)).filter((info) => info !== undefined);
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

  async #info(id: ConversationId, { seen, shown, children }: { seen: Seen; shown: Shown; children: readonly ConversationId[] }) {
    const { metas, root } = this.options;
    const meta = await (shown.skills ? metas?.get(id) : metas?.slim(id));
    const createdAt = meta?.created_at ?? seen.createdAt;
    const { updated_at } = seen.state;
    const updatedAt = latest(meta?.updated_at ?? createdAt, updated_at === undefined ? createdAt : inUtc(updated_at));
    const folder = root === null ? null : `${root}/${id}`;
    return infoOf({ id, state: seen.state, meta, createdAt, updatedAt, children, folder }, { skills: shown.skills ?? false });
  }

  async #parents(): Promise<{ readonly id: ConversationId; readonly parent: ConversationId }[]> {
    const { metas, sight } = this.options;
    if (metas === undefined) return [];
    const ids = [...(await sight.all()).keys()];
    const found = await Promise.all(ids.map(async (id) => ({ id, parent: (await metas.slim(id))?.parent_conversation_id })));
    return found.flatMap(({ id, parent }) => (parent == null ? [] : [{ id, parent }]));
  }
}

function latest(one: string, other: string): string {
  return one > other ? one : other;
}
