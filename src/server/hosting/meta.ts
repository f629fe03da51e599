import { join } from "node:path";
import * as z from "zod";
import { AgentConfig, ClientTool, LlmConfig, SecretSource, Tags } from "../../protocol/agentServer/agent.ts";
import { HookConfig } from "../../protocol/agentServer/hooks.ts";
import { ConversationId } from "../../protocol/ids.ts";
import { type Cipher, isToken } from "../secrets/cipher.ts";
import { mapSecrets } from "../secrets/mapSecrets.ts";
import { JsonFile } from "../storage/jsonFile.ts";

/**
 * What a server keeps of a conversation beside its log: what clients have sent and the engine knows nothing of. Keys and values of secrets are in plain
 * text here, and encrypted in the file.
 */
export const Meta = z.looseObject({
  agent: AgentConfig,
  /** The models that it has had, by the usage ids that they stand for; absent: only the agent's. */
  llms: z.record(z.string(), LlmConfig).optional(),
  /** In UTC, with `Z`. */
  created_at: z.string(),
  /** When something was changed that is in no event. */
  updated_at: z.string(),
  title: z.string().nullish(),
  /** Whether a title is made of the first message. */
  autotitle: z.boolean().default(true),
  title_llm_profile: z.string().nullish(),
  tags: Tags.default({}),
  stuck_detection: z.boolean().default(true),
  client_tools: z.array(ClientTool).default([]),
  secrets: z.record(z.string(), SecretSource).default({}),
  hook_config: HookConfig.nullish(),
  system_message_suffix_append: z.string().nullish(),
  parent_conversation_id: ConversationId.nullish(),
  forked_from_conversation_id: ConversationId.nullish(),
  forked_from_event_id: z.string().nullish(),
  launched_agent_profile: z.looseObject({ agent_profile_id: z.string(), revision: z.number() }).nullish(),
});
export type Meta = z.infer<typeof Meta>;

const fileName = "meta.json";

/** The metas of all conversations below one folder: `<root>/<conversation id>/meta.json`. */
export class Metas {
  readonly #root: string;
  readonly #cipher: Cipher;
  readonly #slim = new Map<ConversationId, Slim>();
  readonly #files = new Map<ConversationId, JsonFile>();

  constructor(root: string, cipher: Cipher) {
    this.#root = root;
    this.#cipher = cipher;
  }

  /** Undefined where there is none, or none that can be read. Secrets of another key are not in it. */
  async get(id: ConversationId): Promise<Meta | undefined> {
    const meta = this.#opened(
      await this.#file(id)
        .read()
        .catch(() => undefined),
    );
    return Meta.safeParse(mapSecrets(meta, (secret) => (secret.startsWith(closed) ? undefined : secret))).data;
  }

  /** The same from memory, without the agent's skills, which can be large; what another server has changed is seen within seconds. */
  slim(id: ConversationId): Promise<Meta | undefined> {
    const known = this.#slim.get(id);
    if (known !== undefined && performance.now() - known.at < freshMs) return known.meta;
    const now = this.#slimOf(id, known);
    const entry = { meta: now.then(({ meta }) => meta), version: now.then(({ version }) => version), at: performance.now() };
    this.#slim.set(id, entry);
    return entry.meta;
  }

  /** Those of `ids` that have a parent, by it. */
  async byParent(ids: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, ConversationId[]>> {
    const metas = await Promise.all(ids.map((id) => this.slim(id)));
    const children = new Map<ConversationId, ConversationId[]>();
    for (const [index, id] of ids.entries()) {
      const parent = metas[index]?.parent_conversation_id;
      if (parent != null) children.set(parent, [...(children.get(parent) ?? []), id]);
    }
    return children;
  }

  async put(id: ConversationId, meta: Meta): Promise<void> {
    await this.#file(id).write(this.#sealed(meta));
    this.#slim.delete(id);
  }

  /** Into a folder that becomes the conversation's. */
  async putInto(folder: string, meta: Meta): Promise<void> {
    await new JsonFile(join(folder, fileName)).write(this.#sealed(meta));
  }

  /** What `change` makes of it, which is given back; nothing where there is none. Nothing is written when `change` throws. */
  async update(id: ConversationId, change: (before: Meta) => Meta): Promise<Meta | undefined> {
    let meta: Meta | undefined;
    await this.#file(id).update((kept) => {
      const before = this.#opened(kept);
      meta = before && change(before);
      return meta ? this.#sealed(meta) : kept;
    });
    this.#slim.delete(id);
    return meta;
  }

  /** Also the folder, when nothing else is in it. */
  async remove(id: ConversationId): Promise<void> {
    await this.#file(id).remove();
    this.forget(id);
  }

  /** It is not there any more, or another one has come in its place. */
  forget(id: ConversationId): void {
    this.#slim.delete(id);
    this.#files.delete(id);
  }

  /** As it was, when the file is still the same. */
  async #slimOf(id: ConversationId, known: Slim | undefined): Promise<{ readonly meta: Meta | undefined; readonly version: string }> {
    // Before it is read, so that a change meanwhile is seen the next time.
    const version = await this.#file(id)
      .version()
      .catch(() => "");
    if (known !== undefined && (await known.version) === version) return { meta: await known.meta, version };
    const meta = await this.get(id);
    return { meta: meta && slimOf(meta), version };
  }

  #file(id: ConversationId): JsonFile {
    const file = this.#files.get(id) ?? new JsonFile(join(this.#root, id, fileName));
    this.#files.set(id, file);
    return file;
  }

  #sealed(meta: Meta): object {
    const seal = (secret: string): string => (secret.startsWith(closed) ? secret.slice(closed.length) : this.#cipher.encrypt(secret));
    const { agent, llms, secrets } = meta;
    return { ...meta, agent: mapSecrets(agent, seal), llms: mapSecrets(llms, seal), secrets: mapSecrets(secrets, seal) };
  }

  /** What was encrypted with another key stays as it is in the file, marked as closed. */
  #opened(kept: unknown): Meta | undefined {
    const open = mapSecrets(kept, (secret) => (isToken(secret) ? (this.#cipher.decrypt(secret) ?? closed + secret) : secret));
    return Meta.safeParse(open).data;
  }
}

/** Before a secret that this key does not open; no secret begins so. */
const closed = "\0closed:";

/** The file is looked at again after so long. */
const freshMs = 2_000;

interface Slim {
  readonly meta: Promise<Meta | undefined>;
  /** Of the file that it was read from. */
  readonly version: Promise<string>;
  readonly at: number;
}

function slimOf(meta: Meta): Meta {
  const { agent_context: context, ...agent } = meta.agent;
  return context == null ? meta : { ...meta, agent: { ...agent, agent_context: { ...context, skills: [] } } };
}
