import type { ConversationId } from "../protocol/ids.ts";
import type { FileChange, SandboxChanges } from "../protocol/sandbox.ts";
import { shownName } from "../protocol/shownName.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Sandbox } from "../runtime/docker/sandboxes.ts";
import type { ReviewedFile } from "../runtime/workspaceCopy/review.ts";
import { shortIdLength } from "./findConversation.ts";

export interface AfterRun {
  readonly id: ConversationId;
  readonly applies: boolean;
  readonly isKept: boolean;
  readonly say: (sentence: string) => void;
  /** Aborts when the person wants it to stop; then nothing more is applied. */
  readonly stop: AbortSignal;
}

interface RunningSandboxes {
  running(id: ConversationId): Pick<Sandbox, "review" | "lost"> | undefined;
}

/** Because the sandbox may hang, and the run is over. */
const longestLookMs = 30_000;

/**
 * Says what the agent has changed in its sandbox, and how that comes into the folder; with `applies` it is brought there. False when it was to
 * be, and something was refused.
 */
export async function tellChanges(sandboxes: RunningSandboxes, { id, applies, isKept, say, stop }: AfterRun): Promise<boolean> {
  const sandbox = sandboxes.running(id);
  const review = sandbox?.review;
  // What a run that has lost its sandbox has said is enough.
  if (sandbox === undefined || review === undefined || (sandbox.lost.aborted && !applies)) return true;
  try {
    const changes = await review.list(AbortSignal.timeout(longestLookMs));
    if (openChanges(changes).length + changes.more === 0) return true;
    if (applies) return sayReviewed(await review.apply("all", stop), say);
    say(`${changedSentence(changes)} ${isKept ? adviceFor(id) : "Nothing of it is kept."}`);
    return true;
  } catch (error) {
    const what = stop.aborted ? "Stopped before all was applied." : whyNot(error);
    say(`${what} All of it is kept there: ${commandFor("changes", id)}`);
    return !applies;
  }
}

function whyNot(error: unknown): string {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  const why = isLate ? `it has not answered for ${longestLookMs / 1000} seconds.` : messageOf(error);
  return `What was changed in the sandbox could not be read: ${why}`;
}

/** Those that the person's folder does not have. */
export function openChanges({ changes }: SandboxChanges): FileChange[] {
  return changes.filter(({ standing }) => standing !== "same");
}

/** "3 files changed in the sandbox: a.ts, b.ts, c.ts." */
export function changedSentence(changes: SandboxChanges): string {
  const open = openChanges(changes);
  const count = open.length + changes.more;
  const named = open.slice(0, mostNamed).map(({ path }) => shownName(path));
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  return `${countOf(count)} changed in the sandbox: ${named.join(", ")}${more}.`;
}

const mostNamed = 5;

export function commandFor(command: "changes" | "apply" | "discard", id: ConversationId): string {
  return `openhands ${command} ${id.slice(0, shortIdLength)}`;
}

function adviceFor(id: ConversationId): string {
  return `To look: ${commandFor("changes", id)} --diff. To bring them into your folder: ${commandFor("apply", id)}`;
}

/** A line for each outcome; false when something was refused. */
export function sayReviewed(files: readonly ReviewedFile[], say: (sentence: string) => void): boolean {
  for (const outcome of ["applied", "merged", "discarded"] as const) {
    const paths = files.filter((file) => file.outcome === outcome).map(({ path }) => shownName(path));
    if (paths.length > 0) say(`${outcomeWords[outcome]} ${countOf(paths.length)}: ${paths.join(", ")}`);
  }
  const refused = files.filter(({ outcome }) => outcome === "refused");
  for (const { path, reason = "it may not be written here." } of refused) say(`Not changed: ${shownName(path)}: ${reason}`);
  return refused.length === 0;
}

const outcomeWords = { applied: "Applied", merged: "Merged with your own changes", discarded: "Discarded" };

const countOf = (count: number): string => (count === 1 ? "1 file" : `${count} files`);
