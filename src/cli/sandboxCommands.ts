import type { ConversationId } from "../protocol/ids.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { ListedSandbox, Sandboxes } from "../runtime/docker/sandboxes.ts";
import { openChanges } from "./changes.ts";
import { shortIdLength } from "./findConversation.ts";
import { age } from "./history.ts";
import { isSure } from "./question.ts";
import type { Desk } from "./reviewChanges.ts";
import { safe } from "./terminalText.ts";
import { exitCodes } from "./usage.ts";

/** Prints what this program has on the engine, running or kept: one line each. */
export async function listSandboxes({ json }: { readonly json: boolean }, desk: Desk): Promise<number> {
  const { stdout, say, paint } = desk;
  const [all, conversations] = await sandboxesOf(desk);
  const titleOf = titlesIn(conversations);
  if (json) stdout.write(all.map((one) => `${JSON.stringify({ ...one, title: titleOf(one.conversationId) })}\n`).join(""));
  else stdout.write(all.map((one) => `${lineOf(one, titleOf(one.conversationId))}\n`).join(""));
  if (all.length === 0) say(paint("dim", "There are no sandboxes."));
  return exitCodes.finished;
}

/**
 * Removes the sandboxes that do not run, after saying which: workspaces with changes that were not applied only when the person says so.
 * Resolves with the exit code.
 */
export async function pruneSandboxes({ isSure: isSaid }: { readonly isSure: boolean }, desk: Desk): Promise<number> {
  const { say, signal } = desk;
  const [all, conversations] = await sandboxesOf(desk);
  const titleOf = titlesIn(conversations);
  const sandboxes = await desk.sandboxes();
  // One that another program has just begun is about to run.
  const used = new Set(conversations.filter(({ isOpenElsewhere }) => isOpenElsewhere).map(({ id }) => id));
  const idle = all.filter(({ isRunning, conversationId }) => !isRunning && !used.has(conversationId));
  if (idle.length === 0) {
    say("There is nothing to remove.");
    return exitCodes.finished;
  }
  const looked = await Promise.all(idle.map(async (one) => ({ ...one, loss: await lossOf(one, sandboxes, signal) })));
  for (const one of looked) say(`${lineOf(one, titleOf(one.conversationId))}${one.loss === "" ? "" : ` · ${one.loss}`}`);
  const losing = looked.filter(({ loss }) => loss !== "");
  const losesToo = losing.length === 0 || isSaid || (await isSure(questionFor(losing.length), signal));
  signal.throwIfAborted();
  const going = looked.filter(({ loss }) => loss === "" || losesToo);
  for (const { conversationId } of going) await sandboxes.remove(conversationId, signal);
  say(going.length === 1 ? "Removed 1 sandbox." : `Removed ${going.length} sandboxes.`);
  if (losesToo) return exitCodes.finished;
  say(
    "Those with changes were kept. To bring their changes into your folder: openhands apply ID. To remove them, too: openhands sandbox prune --yes",
  );
  return exitCodes.unanswered;
}

const questionFor = (count: number): string =>
  count === 1 ? "Remove the one with changes, too? They are lost." : `Remove the ${count} with changes, too? They are lost.`;

async function sandboxesOf({ sandboxes, store, signal }: Desk): Promise<[ListedSandbox[], ListedConversation[]]> {
  return Promise.all([(await sandboxes()).list(signal), store.list()]);
}

function titlesIn(conversations: readonly ListedConversation[]): (id: ConversationId) => string | undefined {
  const titles = new Map(conversations.map(({ id, title }) => [id, title ?? ""]));
  return (id) => titles.get(id);
}

/** "1a2b3c4d  kept  python:3.12  3 days  Fix the test". */
function lineOf({ conversationId, isRunning, image, createdAt }: ListedSandbox, title: string | undefined): string {
  const state = isRunning ? "running" : "kept";
  const cells = [
    conversationId.slice(0, shortIdLength),
    state,
    image,
    age(createdAt, new Date()),
    title ?? "(its conversation is deleted)",
  ];
  return cells
    .filter((cell) => cell !== "")
    .map((cell) => safe(cell).replaceAll(/\s+/g, " "))
    .join("  ")
    .trimEnd();
}

/** What would be lost with it, in words; empty: nothing. */
async function lossOf({ conversationId, hasWorkspace }: ListedSandbox, sandboxes: Sandboxes, signal: AbortSignal): Promise<string> {
  if (!hasWorkspace) return "";
  try {
    await using review = await sandboxes.review(conversationId, signal);
    const changes = await review.list(signal);
    const count = openChanges(changes).length + changes.more;
    return count === 0 ? "" : `${count === 1 ? "1 change is" : `${count} changes are`} not applied`;
  } catch (error) {
    signal.throwIfAborted();
    return `its changes could not be read (${messageOf(error)})`;
  }
}
