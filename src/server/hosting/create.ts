import { randomUUID } from "node:crypto";
import { isAbsolute, join, relative, resolve } from "node:path";
import * as z from "zod";
import { refOf } from "../../host/agentParts.ts";
import { AgentConfig, SecretSource } from "../../protocol/agentServer/agent.ts";
import type { StartConversationRequest } from "../../protocol/agentServer/conversations.ts";
import { ConversationId } from "../../protocol/ids.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { addWorktree, prepareFolder } from "../../runtime/machine/git/prepare.ts";
import { parsed, Refusal } from "../answers.ts";
import { checkMessage, sendMessage } from "../events/talk.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { withSecretsDecrypted } from "../secrets/exposure.ts";
import type { LaunchedAgent } from "../settings/stores.ts";
import { isRegistered, unknownTools } from "./agentParts.ts";
import type { Hosting } from "./hosting.ts";
import type { Meta } from "./meta.ts";

export interface Created {
  readonly id: ConversationId;
  readonly isNew: boolean;
}

/** Begins conversations, each id once. */
export class Creation {
  readonly #hosting: Hosting;
  readonly #going = new Map<ConversationId, Promise<Created>>();

  constructor(hosting: Hosting) {
    this.#hosting = hosting;
  }

  /** A new conversation; or the one that has the id already, as it is. Throws a Refusal, and leaves nothing behind then. */
  async create(request: StartConversationRequest, signal: AbortSignal): Promise<Created> {
    const id = request.conversation_id ?? ConversationId.parse(randomUUID());
    const before = this.#going.get(id)?.catch(() => undefined);
    const going = this.#create({ id, request, signal }, before);
    this.#going.set(id, going);
    try {
      return await going;
    } finally {
      if (this.#going.get(id) === going) this.#going.delete(id);
    }
  }

  async #create(beginning: Beginning, before: Promise<unknown> | undefined): Promise<Created> {
    await before;
    const { id } = beginning;
    if ((await this.#hosting.options.sight.find(id)) !== undefined) return { id, isNew: false };
    // What is kept of somebody else's is never written over.
    if (await this.#hosting.options.sight.isTaken(id))
      throw new Refusal(409, `There is a conversation ${id} already, and another program has it.`);
    await this.#hosting.checkRoom();
    await begin(this.#hosting, beginning);
    return { id, isNew: true };
  }
}

interface Beginning {
  readonly id: ConversationId;
  readonly request: StartConversationRequest;
  readonly signal: AbortSignal;
}

async function begin(hosting: Hosting, beginning: Beginning): Promise<void> {
  const { id, request } = beginning;
  const { options } = hosting;
  if (request.initial_message != null) checkMessage(request.initial_message);
  const chosen = await agentOf(hosting, request);
  await checkParent(hosting, request);
  hosting.clientTools.take(request.client_tools);
  const place = await placeOf(hosting, beginning);
  const meta = metaOf({ ...request, secrets: secretsOf(request, options.cipher) }, chosen, place.note);
  await options.metas?.put(id, meta);
  try {
    const { confirmation_policy, max_iterations } = request;
    const runtime = request.runtime ?? options.runtime;
    const start = { id, working_dir: place.folder, runtime, llm: refOf(meta.agent.llm), confirmation_policy, max_iterations };
    await hosting.command({ type: "conversation.create", start });
    await hosting.command({ type: "security_analyzer.set", conversationId: id, analyzer: request.security_analyzer ?? null });
  } catch (error) {
    await options.metas?.remove(id);
    throw error;
  }
  if (request.initial_message != null) await sendMessage(hosting.host, id, { ...request.initial_message, run: true });
}

const SecretsGiven = z.object({ secrets: z.record(z.string(), SecretSource) });

function secretsOf({ secrets, secrets_encrypted: areEncrypted }: StartConversationRequest, cipher: Cipher | undefined): Meta["secrets"] {
  if (!areEncrypted) return secrets;
  return parsed(withSecretsDecrypted({ secrets }, cipher), { schema: SecretsGiven, place: "body" }).secrets;
}

function metaOf(request: StartConversationRequest, { agent, launched }: ChosenAgent, note: string | undefined): Meta {
  const now = new Date().toISOString();
  const added = [request.agent_launch_additions?.system_message_suffix_append, note].filter((part) => part != null && part !== "");
  return {
    agent,
    created_at: now,
    updated_at: now,
    autotitle: request.autotitle,
    title_llm_profile: request.title_llm_profile,
    tags: request.tags,
    stuck_detection: request.stuck_detection,
    client_tools: request.client_tools,
    secrets: request.secrets,
    hook_config: request.hook_config,
    system_message_suffix_append: added.length === 0 ? undefined : added.join("\n\n"),
    parent_conversation_id: request.parent_conversation_id,
    launched_agent_profile: launched,
  };
}

interface ChosenAgent {
  readonly agent: AgentConfig;
  readonly launched?: LaunchedAgent["launched"];
}

/** From one of the three places that it can be said at. */
async function agentOf({ options: { lookups, cipher } }: Hosting, request: StartConversationRequest): Promise<ChosenAgent> {
  const { agent, agent_settings: settings, agent_profile_id: profileId, client_tools: clientTools } = request;
  if (profileId != null && (agent != null || settings != null))
    throw new Refusal(422, "Give agent_profile_id, or agent or agent_settings, not both.");
  if (request.secrets_encrypted && cipher === undefined)
    throw new Refusal(500, "Secrets are said to be encrypted, and the server has no secret key to decrypt them with.");
  const plain = (value: unknown): unknown => (request.secrets_encrypted ? withSecretsDecrypted(value, cipher) : value);
  if (agent != null) {
    const given = parsed({ agent: plain(agent) }, { schema: AgentGiven, place: "body" }).agent;
    const [unknown] = unknownTools(given, clientTools);
    if (unknown !== undefined) throw new Refusal(422, `There is no tool called "${unknown}". GET /api/tools has those that there are.`);
    return { agent: given };
  }
  if (settings != null)
    return {
      agent: known(await lookups.agentOfSettings(parsed(plain(settings), { schema: z.looseObject({}), place: "body" })), clientTools),
    };
  if (profileId == null) throw new Refusal(422, "Say which agent it is: agent, agent_settings or agent_profile_id.");
  const kept = await lookups.agentProfile(profileId);
  if (kept === undefined) throw new Refusal(404, `There is no agent profile ${profileId}.`);
  const streaming = { ...kept.agent, llm: { ...kept.agent.llm, stream: true } };
  return { agent: known(streaming, clientTools), launched: kept.launched };
}

const AgentGiven = z.object({ agent: AgentConfig });

/** Settings may name tools of other servers, which are left out. */
function known(agent: AgentConfig, clientTools: readonly { readonly name: string }[]): AgentConfig {
  return { ...agent, tools: agent.tools.filter(({ name }) => isRegistered(name) || clientTools.some((tool) => tool.name === name)) };
}

async function checkParent({ options: { sight } }: Hosting, request: StartConversationRequest): Promise<void> {
  const { parent_conversation_id: parentId, conversation_id: id, workspace } = request;
  if (parentId == null) return;
  if (parentId === id) throw new Refusal(422, "A conversation cannot be its own parent.");
  const parent = await sight.find(parentId);
  if (parent === undefined) throw new Refusal(422, `There is no conversation ${parentId} that could be the parent.`);
  if (relative(resolve(parent.state.working_dir ?? ""), resolve(workspace.working_dir)) !== "")
    throw new Refusal(422, "A conversation works in the folder of its parent.");
}

interface Place {
  readonly folder: string;
  /** For the agent. */
  readonly note?: string;
}

/** The folder that it works in. A shared host's folders are left as they are. */
async function placeOf({ options }: Hosting, { id, request, signal }: Beginning): Promise<Place> {
  const folder = resolve(options.workspace ?? "", request.workspace.working_dir);
  if (options.metas === undefined) return { folder };
  if (!isAbsolute(folder) || folder.includes("\0")) throw new Refusal(422, "The working directory is no path.");
  await prepareFolder(folder, signal);
  if (!request.worktree || options.worktreeRoot === undefined) return { folder };
  try {
    const worktree = await addWorktree({ folder, place: join(options.worktreeRoot, id), branch: `openhands/${id}`, signal });
    if (worktree === undefined) return { folder };
    const note = `You work in a git worktree of its own, ${worktree.root}, on the branch openhands/${id}. The person's own work tree is another one: leave it alone.`;
    return { folder: worktree.folder, note };
  } catch (error) {
    options.log.warn("No work tree was made; the conversation works in the folder itself.", { id, error: messageOf(error) });
    return { folder };
  }
}
