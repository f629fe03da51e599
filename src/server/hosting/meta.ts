import { join } from "node:path";
import * as z from "zod";
import { AgentConfig, ClientTool, LlmConfig, redacted, SecretSource, Tags } from "../../protocol/agentServer/agent.ts";
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

/** The metas of all conversations below one folder: `<root>/<conversation id>/meta.json`. */
export class Metas {
  readonly #root: string;
  readonly #cipher: Cipher;
  readonly #slim = new Map<ConversationId, Promise<Meta | undefined>>();
  readonly #files = new Map<ConversationId, JsonFile>();

  constructor(root: string, cipher: Cipher) {
    this.#root = root;
    this.#cipher = cipher;
  }

  /** Undefined where there is none, or none that can be read. */
  async get(id: ConversationId): Promise<Meta | undefined> {
    return this.#opened(
      await this.#file(id)
        .read()
        .catch(() => undefined),
    );
  }

  /** The same from memory, without the agent's skills, which can be large. */
  slim(id: ConversationId): Promise<Meta | undefined> {
    const known = this.#slim.get(id) ?? this.get(id).then((meta) => meta && slimOf(meta));
    this.#slim.set(id, known);
    return known;
  }

  async put(id: ConversationId, meta: Meta): Promise<void> {
    await this.#file(id).write(this.#sealed(meta));
    this.#slim.set(id, Promise.resolve(slimOf(meta)));
  }

  /** What `change` makes of it, which is given back; nothing where there is none. Nothing is written when `change` throws. */
  async update(id: ConversationId, change: (before: Meta) => Meta): Promise<Meta | undefined> {
    let meta: Meta | undefined;
    await this.#file(id).update((kept) => {
      const before = this.#opened(kept);
      meta = before && change(before);
      return meta ? this.#sealed(meta) : kept;
    });
    if (meta !== undefined) this.#slim.set(id, Promise.resolve(slimOf(meta)));
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

  #file(id: ConversationId): JsonFile {
    const file = this.#files.get(id) ?? new JsonFile(join(this.#root, id, "meta.json"));
    this.#files.set(id, file);
    return file;
  }

  #sealed(meta: Meta): object {
    const seal = (secret: string): string => this.#cipher.encrypt(secret);
    const { agent, llms, secrets } = meta;
    return { ...meta, agent: mapSecrets(agent, seal), llms: mapSecrets(llms, seal), secrets: mapSecrets(secrets, seal) };
  }

  /** Without the key that it was written with, a secret is lost. */
  #opened(kept: unknown): Meta | undefined {
    const open = mapSecrets(kept, (secret) => (isToken(secret) ? (this.#cipher.decrypt(secret) ?? redacted) : secret));
    return Meta.safeParse(open).data;
  }
}

function slimOf(meta: Meta): Meta {
  const { agent_context: context, ...agent } = meta.agent;
  return context == null ? meta : { ...meta, agent: { ...agent, agent_context: { ...context, skills: [] } } };
}
