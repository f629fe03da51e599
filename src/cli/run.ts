import { randomUUID } from "node:crypto";
import { ConversationStore } from "../conversation/store.ts";
import type { AgentHost } from "../host/agentHost.ts";
import { ConversationId } from "../protocol/ids.ts";
import type { Sandboxes } from "../runtime/docker/sandboxes.ts";
import { tellChanges } from "./changes.ts";
import { type Composed, openHost } from "./compose.ts";
import { endingOf } from "./ending.ts";
import { conversationsFolder, type Environment, requireShell } from "./environment.ts";
import { findConversation, shortIdLength } from "./findConversation.ts";
import { commandsToGoOn } from "./goOn.ts";
import { openElsewhere } from "./history.ts";
import { humanOutput } from "./humanOutput.ts";
import { stopWhenLeft } from "./leave.ts";
import { openServer } from "./onServer.ts";
import { jsonOutput, type Output } from "./output.ts";
import type { RunOptions } from "./runOptions.ts";
import type { ServerChoice } from "./serverOptions.ts";
import { doTask, type Task } from "./task.ts";
import { isTerminal } from "./terminalText.ts";
import { exitCodes } from "./usage.ts";

export interface Surroundings {
  readonly environment: Environment;
  /** Aborts when nobody reads the output. */
  readonly notRead: AbortSignal;
}

/** Does a task, in a new conversation or in an old one; resolves with the exit code. */
export async function run(options: RunOptions, { environment, notRead }: Surroundings): Promise<number> {
  const { target, keptIn, detail, server } = options;
  const isKept = keptIn === undefined;
  if (target.type === "new" && server === undefined && target.start.runtime?.kind !== "docker") await requireShell(environment);
  const output = outputFor(options, environment);
  const stop = AbortSignal.any([stopWhenLeft(output.say), notRead]);
  await using composed = await compose(options, { environment, say: output.say });
  const begun = await begin(options, composed.host, environment);
  const id = begun.conversationId;
  const canAsk = isTerminal(process.stdin) && isTerminal(process.stderr) && detail !== "json";
  const view = await doTask(composed.host, { ...begun, output, stop, canAsk });
  const ending = endingOf(view, { wasStopped: stop.aborted, canAsk, wasUnreachable: composed.wasUnreachable() });
  if (ending.sentence !== "") output.say(ending.sentence);
  const isFinished = ending.exitCode === exitCodes.finished;
  const applies = options.applies && isFinished;
  const sandboxes = composed.sandboxes.opened;
  const isWhole = sandboxes === undefined || (await tellChanges(sandboxes, { id, applies, isKept, say: output.say, stop }));
  const isQuiet = isFinished && (detail === "answer" || detail === "json");
  if (isKept && !isQuiet) output.say(hint(id, ending.exitCode, server));
  if (!isKept && sandboxes?.running(id)) await removeSandbox(composed, sandboxes, id);
  return isFinished && !isWhole ? exitCodes.failed : ending.exitCode;
}

async function compose(
  { apiKey, keptIn, server }: RunOptions,
  { environment, say }: { readonly environment: Environment; readonly say: (sentence: string) => void },
): Promise<Composed> {
  if (server === undefined) {
    const store = new ConversationStore(keptIn ?? conversationsFolder(environment));
    return openHost({ store, environment, apiKey, say });
  }
  const host = await openServer(server, { environment, apiKey, say });
  return { host, sandboxes: { opened: undefined }, wasUnreachable: () => false, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

/** Of a conversation that is not kept, neither is its sandbox. */
async function removeSandbox({ host }: Composed, sandboxes: Sandboxes, id: ConversationId): Promise<void> {
  await host.handle({ type: "runtime.end", conversationId: id });
  await sandboxes.remove(id, AbortSignal.timeout(longestRemovalMs));
}

const longestRemovalMs = 10_000;

function hint(id: ConversationId, exitCode: number, server: ServerChoice | undefined): string {
  const command = `openhands run --resume ${id.slice(0, shortIdLength)}${server ? ` --server ${server.url}` : ""}`;
  return exitCode === exitCodes.finished ? `To say more: ${command} "…"` : `To go on: ${command}`;
}

type Begun = Pick<Task, "conversationId" | "commands" | "isNew">;

async function begin({ target, task, apiKey, server }: RunOptions, host: AgentHost, environment: Environment): Promise<Begun> {
  if (target.type === "new") {
    const conversationId = ConversationId.parse(randomUUID());
    await host.handle({ type: "conversation.create", start: { id: conversationId, ...target.start } });
    const commands = task === undefined ? [] : [{ type: "message.send", conversationId, text: task } as const];
    return { conversationId, isNew: true, commands: async () => commands };
  }
  const { id, isOpenElsewhere } = findConversation(await host.list(), target.id);
  if (isOpenElsewhere) throw openElsewhere(id.slice(0, shortIdLength), "Go on there, or close it there first");
  return {
    conversationId: id,
    isNew: false,
    commands: (view) => commandsToGoOn(view, { id, task, changes: target.changes, apiKey, environment, isElsewhere: server !== undefined }),
  };
}

function outputFor({ detail }: RunOptions, environment: Environment): Output {
  const { stdout, stderr } = process;
  return detail === "json" ? jsonOutput(stdout, stderr) : humanOutput({ stdout, stderr, detail, environment });
}
