import { randomUUID } from "node:crypto";
import { ConversationStore } from "../conversation/store.ts";
import type { Host } from "../host/host.ts";
import { ConversationId } from "../protocol/ids.ts";
import { openHost } from "./compose.ts";
import { endingOf } from "./ending.ts";
import { conversationsFolder, type Environment, requireShell } from "./environment.ts";
import { findConversation, shortIdLength } from "./findConversation.ts";
import { commandsToGoOn } from "./goOn.ts";
import { openElsewhere } from "./history.ts";
import { humanOutput } from "./humanOutput.ts";
import { stopWhenLeft } from "./leave.ts";
import { jsonOutput, type Output } from "./output.ts";
import type { RunOptions } from "./runOptions.ts";
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
  await requireShell(environment);
  const output = outputFor(options, environment);
  const stop = AbortSignal.any([stopWhenLeft(output.say), notRead]);
  const store = new ConversationStore(conversationsFolder(environment));
  await using composed = openHost(store, environment, options.apiKey);
  const begun = await begin(options, composed.host);
  const canAsk = isTerminal(process.stdin) && isTerminal(process.stderr) && options.detail !== "json";
  const view = await doTask(composed.host, { ...begun, output, stop, canAsk });
  const { exitCode, sentence } = endingOf(view, { wasStopped: stop.aborted, canAsk, wasUnreachable: composed.wasUnreachable() });
  if (sentence !== "") output.say(sentence);
  const isQuiet = exitCode === exitCodes.finished && (options.detail === "answer" || options.detail === "json");
  if (options.isKept && !isQuiet) output.say(hint(begun.conversationId, exitCode));
  return exitCode;
}

function hint(id: ConversationId, exitCode: number): string {
  const command = `openhands run --resume ${id.slice(0, shortIdLength)}`;
  return exitCode === exitCodes.finished ? `To say more: ${command} "…"` : `To go on: ${command}`;
}

type Begun = Pick<Task, "conversationId" | "commands" | "isNew">;

async function begin({ target, task, apiKey }: RunOptions, host: Host): Promise<Begun> {
  if (target.type === "new") {
    const conversationId = ConversationId.parse(randomUUID());
    await host.handle({ type: "conversation.create", start: { id: conversationId, ...target.start } });
    const commands = task === undefined ? [] : [{ type: "message.send", conversationId, text: task } as const];
    return { conversationId, isNew: true, commands: async () => commands };
  }
  const { id, isOpenElsewhere } = findConversation(await host.list(), target.id);
  if (isOpenElsewhere) throw openElsewhere(id.slice(0, shortIdLength), "Go on there, or close it there first");
  return { conversationId: id, isNew: false, commands: (view) => commandsToGoOn(view, { id, task, changes: target.changes, apiKey }) };
}

function outputFor({ detail }: RunOptions, environment: Environment): Output {
  const { stdout, stderr } = process;
  return detail === "json" ? jsonOutput(stdout, stderr) : humanOutput({ stdout, stderr, detail, environment });
}
