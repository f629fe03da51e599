import { randomUUID } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { textContent } from "../protocol/content.ts";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import { codeOf } from "../protocol/thrown.ts";
import { isOnBranch, type Node, pathTo } from "./activeBranch.ts";
import type { ReadableConversation } from "./conversation.ts";
import { ConversationError, taken } from "./conversationError.ts";
import { type Disk, makeFolder, whenMissing } from "./disk.ts";
import { firstLog } from "./logFile.ts";
import { writeFresh } from "./openLog.ts";
import { encodeRecord } from "./record.ts";
import { type EventDraft, stamp, stateUpdate } from "./stamp.ts";

/** What of a conversation comes along. */
export interface Forked {
  /** The last event that does; all when absent. */
  readonly atEventId?: string | undefined;
  /** Whether what it has cost stays behind. */
  readonly resetMetrics?: boolean | undefined;
  /** Absent: one that says which it is a fork of. */
  readonly title?: string | undefined;
  /** Puts into its folder what else belongs there, before anybody sees it. When it rejects there is no fork. */
  readonly fill?: ((folder: string) => Promise<void>) | undefined;
}

export interface Fork extends Forked {
  readonly source: ReadableConversation;
  readonly id: ConversationId;
  readonly root: string;
  readonly disk: Disk;
}

const draftPrefix = ".new-";
/** Longer than any takes to be made. */
const draftMs = 24 * 60 * 60 * 1000;

/** So many events are in memory at once. */
const perPiece = 500;

/**
 * A new conversation with the events of another up to one of them, on its branch. It is made beside the others and moved among them when it is whole, so
 * a crash leaves either all of it or nothing that anybody sees. Rejects with `not-found` when the event is not there.
 */
export async function writeFork(fork: Fork): Promise<void> {
  const { root, id, disk } = fork;
  // A name of its own, because another one may be made under this id at the same time.
  const draft = join(root, `${draftPrefix}${randomUUID()}`);
  try {
    await makeFolder(draft);
    await writeFresh(join(draft, firstLog), disk, recordsOf(fork));
    await fork.fill?.(draft);
    await disk.syncFolder(draft);
    await rename(draft, join(root, id)).catch((error: unknown) => {
      throw ["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "") ? taken(id) : error;
    });
    await disk.syncFolder(root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Removes what forks that were cut off have left, a day after; nobody has ever seen it. */
export async function removeDrafts(root: string, now: number): Promise<void> {
  const names = (await readdir(root).catch(whenMissing)) ?? [];
  for (const draft of names.filter((name) => name.startsWith(draftPrefix)).map((name) => join(root, name)))
    if (now - (await stat(draft)).mtimeMs > draftMs) await rm(draft, { recursive: true, force: true });
}

async function* recordsOf({ source, id, atEventId, resetMetrics = false, title }: Fork): AsyncGenerator<Buffer> {
  let state: ConversationState = initialState;
  let seq = 0;
  const { count, path } = await extentOf(source, atEventId);
  const encode = (event: Event): string => {
    state = reduceState(state, event);
    return encodeRecord(seq++, event);
  };
  for (let from = 0; from < count; from += perPiece) {
    const events = await source.read(from, Math.min(from + perPiece, count));
    const kept = path === undefined ? events : events.filter((event) => isOnBranch(event, path));
    yield Buffer.from(kept.map(encode).join(""));
  }
  yield Buffer.from(
    stamp([...lastEvents(state, id, title), ...(resetMetrics ? [nothingCounted] : []), ...newSandbox(state)], state)
      .map(encode)
      .join(""),
  );
}

/** What comes along: so many events, and of them those of a path; absent: all. */
interface Extent {
  readonly count: number;
  readonly path?: ReadonlySet<string>;
}

async function extentOf(source: ReadableConversation, eventId: string | undefined): Promise<Extent> {
  if (eventId === undefined) return { count: source.count };
  const nodes: Node[] = [];
  for (let from = 0; from < source.count; from += perPiece) {
    const events = await source.read(from, Math.min(from + perPiece, source.count));
    const index = events.findIndex((event) => event.id === eventId);
    const upTo = index === -1 ? events : events.slice(0, index + 1);
    if (source.state.has_branches) nodes.push(...upTo.map(({ id, kind, parent_id }) => ({ id, kind, parent_id })));
    if (index !== -1) return { count: from + index + 1, ...(source.state.has_branches ? { path: pathTo(eventId, nodes) } : {}) };
  }
  throw new ConversationError("not-found", "That event is not in this conversation, so it cannot be forked there.");
}

const nothingCounted = stateUpdate("stats", { usage_to_metrics: {} });

/** Nothing goes on in a fork by itself: what was about to run there runs in the conversation that it came from, or nowhere. */
function lastEvents(
  { pending, title: before = "Conversation" }: ConversationState,
  id: ConversationId,
  title = `${before} (fork)`,
): EventDraft[] {
  const closed: EventDraft[] = pending.map(({ tool_name, tool_call_id }) => ({
    kind: "AgentErrorEvent",
    source: "environment",
    tool_name,
    tool_call_id,
    error: "Not run in this fork: it was made before this was done.",
    classification: { kind: "internal", retryable: false, user_action: "none" },
  }));
  return [...closed, ...Object.entries({ id, title, execution_status: "idle" }).map(([key, value]) => stateUpdate(key, value))];
}

/** A word to the model: the changes that it knows of are in the sandbox of the other conversation. */
function newSandbox({ runtime, last_user_message_id }: ConversationState): EventDraft[] {
  if (runtime?.kind !== "docker" || runtime.workspace !== "copy" || last_user_message_id === undefined) return [];
  const text =
    "This conversation is a fork, and its sandbox is a new one: the workspace is a fresh copy of the person's folder. Changes that were made before are in it only if the person has applied them. Look at what is there before you go on.";
  return [
    {
      kind: "MessageEvent",
      source: "environment",
      llm_message: { role: "user", content: [textContent(text)], thinking_blocks: [] },
      activated_skills: [],
      extended_content: [],
    },
  ];
}
