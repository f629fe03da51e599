import { join } from "node:path";
import * as z from "zod";
import { AgentConfig, ClientTool, redacted, SecretSource, Tags } from "../../protocol/agentServer/agent.ts";
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
  hook_config: z.record(z.string(), z.unknown()).nullish(),
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
  readonly #cipher: Cipher | undefined;
  readonly #known = new Map<ConversationId, { readonly file: JsonFile; meta?: Meta | undefined }>();

  constructor(root: string, cipher: Cipher | undefined) {
    this.#root = root;
    this.#cipher = cipher;
  }

  /** Undefined where there is none, or none that can be read. */
  async get(id: ConversationId): Promise<Meta | undefined> {
    const known = this.#entry(id);
    known.meta ??= this.#opened(await known.file.read().catch(() => undefined));
    return known.meta;
  }

  async put(id: ConversationId, meta: Meta): Promise<void> {
    const known = this.#entry(id);
    const seal = (secret: string): string => this.#cipher?.encrypt(secret) ?? redacted;
    await known.file.write({ ...meta, agent: mapSecrets(meta.agent, seal), secrets: mapSecrets(meta.secrets, seal) });
    known.meta = meta;
  }

  /** What `change` makes of it; nothing where there is none. */
  async update(id: ConversationId, change: (before: Meta) => Meta): Promise<void> {
    const before = await this.get(id);
    if (before !== undefined) await this.put(id, change(before));
  }

  /** It is not there any more. */
  forget(id: ConversationId): void {
    this.#known.delete(id);
  }

  #entry(id: ConversationId) {
    const known = this.#known.get(id) ?? { file: new JsonFile(join(this.#root, id, "meta.json")) };
    this.#known.set(id, known);
    return known;
  }

  /** Without the key that it was written with, a secret is lost. */
  #opened(kept: unknown): Meta | undefined {
    const open = mapSecrets(kept, (secret) => (isToken(secret) ? (this.#cipher?.decrypt(secret) ?? redacted) : secret));
    return Meta.safeParse(open).data;
  }
}
