import { isAbsolute, posix } from "node:path";
import type { ConversationStore } from "../conversation/store.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type FileChange, type Located, sandboxRoot, shownPath } from "../protocol/sandbox.ts";
import { shownName } from "../protocol/shownName.ts";
import type { Sandboxes } from "../runtime/docker/sandboxes.ts";
import type { Review } from "../runtime/workspaceCopy/review.ts";
import { changedSentence, commandFor, openChanges, sayReviewed } from "./changes.ts";
import { findConversation, shortIdLength } from "./findConversation.ts";
import { openElsewhere } from "./history.ts";
import type { SandboxInvocation } from "./options.ts";
import { isSure } from "./question.ts";
import { type Paint, safe } from "./terminalText.ts";
import { unifiedDiff } from "./unifiedDiff.ts";
import { exitCodes, UsageError } from "./usage.ts";

export interface Desk {
  readonly store: ConversationStore;
  readonly sandboxes: () => Promise<Sandboxes>;
  readonly stdout: NodeJS.WritableStream;
  readonly paint: Paint;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

type Asked = Extract<SandboxInvocation, { readonly id: string }>;

interface Found extends Located {
  readonly id: ConversationId;
}

/** Lists, applies or discards what a conversation has changed in its sandbox; resolves with the exit code. */
export async function reviewChanges(asked: Asked, desk: Desk): Promise<number> {
  const found = await findReviewed(asked, desk.store);
  const sandboxes = await desk.sandboxes();
  await using review = await sandboxes.review(found.id, desk.signal);
  switch (asked.type) {
    case "changes":
      return await listChanges(review, asked, desk);
    case "apply": {
      const paths = pathsIn(asked.paths, found);
      return exitCodeOf(sayReviewed(await review.apply(paths, desk.signal), desk.say), desk);
    }
    case "discard":
      return await discard(review, { ...asked, found }, desk);
  }
}

/** Throws a UsageError where there is nothing to review. */
async function findReviewed({ id: beginning, type }: Asked, store: ConversationStore): Promise<Found> {
  const { id, isOpenElsewhere } = findConversation(await store.list(), beginning);
  await using conversation = await store.openReadOnly(id);
  const { runtime, folders, working_dir } = conversation.state;
  const shortId = id.slice(0, shortIdLength);
  if (runtime?.kind !== "docker")
    throw new UsageError(`Conversation ${shortId} works on this machine itself: what it changes is in the folder at once.`);
  if (runtime.workspace === "bind")
    throw new UsageError(`The sandbox of conversation ${shortId} works on the folder itself: what it changes is there at once.`);
  if (isOpenElsewhere && type !== "changes") throw openElsewhere(shortId, `Wait for its end before you ${type} what it has changed`);
  return { id, runtime, folders, working_dir };
}

async function listChanges(
  review: Review,
  { json, diff, id }: Extract<Asked, { type: "changes" }>,
  { stdout, paint, say, signal }: Desk,
): Promise<number> {
  const found = await review.list(signal);
  const { changes, more } = found;
  if (json) stdout.write(changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  else if (diff) for (const change of changes) stdout.write(await diffOf(review, change, signal));
  else stdout.write(changes.map((change) => lineOf(change, paint)).join(""));
  if (more > 0) say(`${more} more changes are not listed.`);
  if (changes.length === 0) say("Nothing is changed in the sandbox.");
  else if (!json && !diff && openChanges(found).length > 0)
    say(`To bring them into your folder: openhands apply ${id} [PATH…]. To undo them in the sandbox: openhands discard ${id} [PATH…]`);
  return exitCodes.finished;
}

const marks = { created: "A", changed: "M", deleted: "D", renamed: "R" };

/** "M src/date.js · you have changed it too, at other places". */
function lineOf(change: FileChange, paint: Paint): string {
  const { kind, path, from, isBinary } = change;
  const name = from === undefined ? shownName(path) : `${shownName(from)} → ${shownName(path)}`;
  const notes = [
    isBinary ? "not text" : "",
    standingWords(change),
    change.isProtected ? "applied by name only: other programs run or obey it" : "",
  ];
  const told = notes.filter((note) => note !== "").join(" · ");
  return `${marks[kind]} ${name}${told === "" ? "" : paint("dim", ` · ${safe(told)}`)}\n`;
}

function standingWords({ standing, refusal = "may not be written here" }: FileChange): string {
  switch (standing) {
    case "clean":
      return "";
    case "merges":
      return "you have changed it too, at other places";
    case "conflicts":
      return "you have changed the same lines";
    case "same":
      return "your folder has it already";
    case "refused":
      return refusal;
  }
}

async function diffOf(review: Review, { path, from, isBinary, type }: FileChange, signal: AbortSignal): Promise<string> {
  if (isBinary || type === "symlink") return `Binary files or links differ: ${shownName(path)}\n`;
  const read = async (at: string, side: "base" | "sandbox"): Promise<string | undefined> => {
    const bytes = await review.read(at, side, signal);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  return safe(unifiedDiff(shownName(path), await read(from ?? path, "base"), await read(path, "sandbox")));
}

async function discard(
  review: Review,
  { paths, isSure: isSaid, found }: Extract<Asked, { type: "discard" }> & { readonly found: Found },
  desk: Desk,
): Promise<number> {
  const { say, signal } = desk;
  if (paths.length === 0 && !isSaid) {
    const changes = await review.list(signal);
    if (changes.changes.length > 0 && !(await isSure(`${changedSentence(changes)} Undo all of it there?`, signal))) {
      say(`Nothing was discarded. Name files, or pass --yes: ${commandFor("discard", found.id)} --yes`);
      return exitCodes.unanswered;
    }
  }
  return exitCodeOf(sayReviewed(await review.discard(pathsIn(paths, found), signal), say), desk);
}

function exitCodeOf(isWhole: boolean, { signal }: Desk): number {
  signal.throwIfAborted();
  return isWhole ? exitCodes.finished : exitCodes.failed;
}

/** As the review names them: a person may write paths of their own folder, too. */
function pathsIn(paths: readonly string[], found: Found): readonly string[] | "all" {
  if (paths.length === 0) return "all";
  return paths.map((path) => {
    const inside = isAbsolute(path) ? shownPath(path, found) : posix.join(sandboxRoot, path);
    return posix.relative(sandboxRoot, inside);
  });
}
