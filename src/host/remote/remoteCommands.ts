import type { Command, CommandOf } from "../../protocol/commands.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { HostError } from "../hostError.ts";
import type { RemoteConversation } from "./remoteConversation.ts";
import type { ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";
import { analyzerFor, type ModelOptions, startRequest, switchRequest } from "./starting.ts";

export interface RemoteCommandParts {
  readonly client: ServerClient;
  readonly models: () => Promise<ModelOptions>;
  /** Does something with a conversation that is followed, which is opened for it. */
  readonly use: <Result>(id: ConversationId, work: (conversation: RemoteConversation) => Promise<Result>) => Promise<Result>;
  /** The one that is followed already. */
  readonly followed: (id: ConversationId) => RemoteConversation | undefined;
}

/** Makes requests of the protocol from a command. Rejects with a sentence; what the protocol cannot do is refused before anything is sent. */
export async function performRemotely(command: Command, parts: RemoteCommandParts): Promise<void> {
  const { client } = parts;
  if (command.type === "conversation.create") return create(command, parts);
  const { conversationId: id } = command;
  const path = `api/conversations/${id}`;
  const post = async (what: string, body: object = {}): Promise<void> => void (await client.ask("POST", `${path}/${what}`, { body }));
  switch (command.type) {
    case "message.send":
      return send(command, parts);
    case "run.start":
      return running(id, parts, () => post("run").catch(whenRunning));
    case "run.pause":
      return post("pause");
    case "run.interrupt":
      await post("interrupt");
      return parts.followed(id)?.runs.unexpect();
    case "confirmation.respond":
      return respond(command, parts);
    case "conversation.rename":
      return rename(command, parts);
    case "conversation.delete":
      return remove(id, parts);
    case "conversation.fork":
      return post("fork", { id: command.forkId, ...(command.atEventId === undefined ? {} : { from_event_id: command.atEventId }) });
    case "confirmation_policy.set":
      await post("security_analyzer", { security_analyzer: analyzerFor(command.policy) });
      await post("confirmation_policy", { policy: command.policy });
      return parts.followed(id)?.refresh();
    case "llm.set":
      await post("switch_llm", await switchRequest(command.llm, await parts.models()));
      return parts.followed(id)?.refresh();
    case "secrets.set":
      return post("secrets", { secrets: command.secrets });
    case "security_analyzer.set":
      return post("security_analyzer", { security_analyzer: command.analyzer });
    case "head.set":
      return post("navigate", { event_id: command.eventId });
    case "conversation.condense":
      return post("condense");
    default:
      throw new HostError(
        "not-possible",
        impossible[command.type] ?? "The protocol of agent-servers has no way to do this. Nothing was changed.",
      );
  }
}

/** What the protocol has no request for. */
const impossible: Readonly<Partial<Record<Command["type"], string>>> = {
  "conversation.restore": "A server deletes a conversation for good; this one cannot be brought back.",
  "conversation.take_over": "A conversation on a server is open for everybody who has its key; there is nothing to take over.",
  "note.add": "A server is told nothing between messages. Say it in your next message.",
  "runtime.set": "Where an agent acts on a server is the server's choice, and cannot be changed from here.",
  "runtime.end": "Where an agent acts on a server is the server's choice, and cannot be restarted from here.",
  "limits.set": "The limits of a conversation on a server were fixed when it began. Those of the settings hold for new ones.",
};

async function create({ start }: CommandOf<"conversation.create">, { client, models }: RemoteCommandParts): Promise<void> {
  await client.ask("POST", "api/conversations", { body: await startRequest(start, await models()) });
}

async function send(
  { conversationId: id, text, images = [], run = true }: CommandOf<"message.send">,
  parts: RemoteCommandParts,
): Promise<void> {
  const content = [
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...(images.length === 0 ? [] : [{ type: "image", image_urls: images }]),
  ];
  const ask = (runs: boolean): Promise<unknown> =>
    parts.client.ask("POST", `api/conversations/${id}/events`, { body: { role: "user", content, run: runs } });
  // Because a server takes a message that runs for a yes to what it asks (agent-server protocol §12), and a person who writes has not said yes.
  const isAsked = await parts.use(id, async ({ state }) => state.execution_status === "waiting_for_confirmation");
  await (run && !isAsked ? running(id, parts, () => ask(true)) : ask(false));
}

/** An answer is for exactly the actions that the person saw: others may wait by now. */
async function respond(command: CommandOf<"confirmation.respond">, parts: RemoteCommandParts): Promise<void> {
  const { conversationId: id, accept, reason, remember, actionIds } = command;
  if (remember)
    throw new HostError(
      "not-possible",
      "A server does not remember what was allowed. Allow it this once, or let it ask less. Nothing was allowed.",
    );
  await parts.use(id, async (conversation) => {
    const { pending, execution_status } = conversation.state;
    const isSame = pending.length === actionIds.length && pending.every((action) => actionIds.includes(action.id));
    if (execution_status !== "waiting_for_confirmation" || !isSame)
      throw new HostError("nothing-to-confirm", "That action is not waiting for an answer any more.");
  });
  const body = { accept, ...(accept || reason === undefined ? {} : { reason }) };
  const answer = (): Promise<unknown> => parts.client.ask("POST", `api/conversations/${id}/events/respond_to_confirmation`, { body });
  await (accept ? running(id, parts, answer) : answer());
  // The agent is told a reason at once, as it is on this machine; the protocol only keeps it.
  if (!accept && reason?.trim()) await performRemotely({ type: "run.start", conversationId: id }, parts);
}

async function rename(
  { conversationId: id, title }: CommandOf<"conversation.rename">,
  { client, followed }: RemoteCommandParts,
): Promise<void> {
  const answer = await client.ask("PATCH", `api/conversations/${id}`, { body: { title } });
  if (typeof answer === "object" && answer !== null && "success" in answer && answer.success === false) throw notThere(client);
  await followed(id)?.refresh();
}

async function remove(id: ConversationId, { client, followed }: RemoteCommandParts): Promise<void> {
  try {
    await client.ask("DELETE", `api/conversations/${id}`);
  } catch (error) {
    if (error instanceof ServerError && (error.status === 400 || error.status === 404)) throw notThere(client);
    throw error;
  }
  followed(id)?.deleted();
}

/** Asks for a run; until the server says that it runs, the conversation has not settled. */
async function running(id: ConversationId, { use }: RemoteCommandParts, ask: () => Promise<unknown>): Promise<void> {
  await use(id, async (conversation) => {
    conversation.refuseUnreached();
    conversation.runs.expect();
    try {
      await ask();
    } catch (error) {
      conversation.runs.unexpect();
      throw error;
    }
  });
}

/** That a run is going is what was asked for. */
function whenRunning(error: unknown): void {
  if (!(error instanceof ServerError) || error.status !== 409) throw error;
}

const notThere = ({ name }: ServerClient): ServerError =>
  new ServerError("refused", `The server ${name} has no such conversation.`, { status: 404 });
