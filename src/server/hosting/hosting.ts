import { ConversationError } from "../../conversation/conversationError.ts";
import type { Host } from "../../host/host.ts";
import type { Look } from "../../host/mode.ts";
import type { Tags } from "../../protocol/agentServer/agent.ts";
import type { ConversationInfo } from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { RuntimeRef } from "../../protocol/sandbox.ts";
import { Refusal } from "../answers.ts";
import { WireLogs } from "../events/wireLogs.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { infoOf } from "./info.ts";
import type { Lookups } from "./lookups.ts";
import type { Metas } from "./meta.ts";

/** What the routes of conversations are given. */
export interface HostingOptions {
  readonly host: Host;
  /** Undefined where the conversations belong to another program, which shares them: then nothing is kept beside their logs. */
  readonly metas: Metas | undefined;
  readonly lookups: Lookups;
  /** Undefined: there is no key, so that no secret is kept on the disk. */
  readonly cipher: Cipher | undefined;
  /** The folder that the logs are in, where clients may know it. */
  readonly root: string | null;
  /** Where the tools of a conversation act when its request does not say. */
  readonly runtime: RuntimeRef;
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

  constructor(options: HostingOptions) {
    this.options = options;
    this.logs = new WireLogs(options.host);
  }

  get host(): Host {
    return this.options.host;
  }

  /** How it is now. A conversation that another process writes to counts as one that is not there: `status` is what is answered then. */
  async look(id: ConversationId, status: 400 | 404 = 404): Promise<Look> {
    const look = await this.find(id);
    if (look === undefined) throw new Refusal(status, `There is no conversation ${id}.`);
    return look;
  }

  /** Undefined when it is not there, or another process writes to it. */
  async find(id: ConversationId): Promise<Look | undefined> {
    try {
      const look = await this.host.look(id);
      return look.readOnly?.code === "in-use" || look.readOnly?.code === "lost" ? undefined : look;
    } catch (error) {
      if (error instanceof ConversationError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  /** Throws a Refusal with 404. */
  async infoOf(id: ConversationId, shown: Shown = {}): Promise<ConversationInfo> {
    const { state } = await this.look(id);
    const meta = await this.options.metas?.get(id);
    const createdAt = meta?.created_at ?? inUtc((await this.host.page(id, { beforeSeq: 1, limit: 1 })).events[0]?.timestamp);
    const updatedAt = latest(meta?.updated_at ?? createdAt, state.updated_at === undefined ? undefined : inUtc(state.updated_at));
    const { root } = this.options;
    const folder = root === null ? null : `${root}/${id}`;
    return infoOf({ id, state, meta, createdAt, updatedAt, children: [], folder }, { skills: shown.skills ?? false });
  }

  /** What a person calls it; tags replace all that were there. */
  async rename(
    id: ConversationId,
    { title, tags }: { readonly title?: string | null | undefined; readonly tags?: Tags | null | undefined },
  ) {
    const updated_at = new Date().toISOString();
    await this.options.metas?.update(id, (meta) => ({ ...meta, title: title ?? meta.title, tags: tags ?? meta.tags, updated_at }));
    if (title != null) await this.host.handle({ type: "conversation.rename", conversationId: id, title });
  }

  /** All that can be shown, in no order. One that cannot be read is left out, and changes nothing for the others. */
  async all(shown: Shown = {}): Promise<ConversationInfo[]> {
    const listed = await this.host.list();
    const infos = await Promise.all(listed.map(({ id }) => this.infoOf(id, shown).catch(() => undefined)));
    return infos.filter((info) => info !== undefined);
  }
}

/** Events have the local time without a zone. */
function inUtc(timestamp = ""): string {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? new Date(0).toISOString() : new Date(time).toISOString();
}

function latest(one: string, other: string | undefined): string {
  return other === undefined || one > other ? one : other;
}
