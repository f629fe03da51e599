import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { initialProgress } from "../protocol/progress.ts";
import { type ConversationState, initialState, reduceState, StateShape } from "../protocol/state.ts";
import { ConversationSummary, summaryOf } from "../protocol/summary.ts";
import type { Conversation } from "./conversation.ts";
import { type Disk, whenMissing } from "./disk.ts";
import { withLog } from "./logFile.ts";
import { LogReader } from "./logReader.ts";

/** Of a large log without a summary only so much of its beginning and of its end is read for a list. */
const glanceBytes = 256 * 1024;

const summaryIn = (folder: string): string => join(folder, "summary.json");

/** A conversation without what its work has come to and what is pending: those are known where it is open. Timestamps are of its first and latest event. */
export interface Glance {
  readonly state: LeanState;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type LeanState = Omit<ConversationState, "pending" | "progress">;

/** What a list needs of a state; it stays small. */
export function leanState({ pending: _, progress: __, ...state }: ConversationState): LeanState {
  return state;
}

/**
 * What a list shows of the conversation in `folder`; undefined when nothing is in its log.
 *
 * The log is the truth, and `summary.json` a shortcut that holds for so many bytes of it: what was appended since is read and added. When
 * there is none, a log that is large is only looked at where it begins and ends.
 */
export async function readSummary(folder: string, id: ConversationId, disk: Disk): Promise<ConversationSummary | undefined> {
  const kept = await readKept(folder);
  return withLog(folder, (path) => summarised({ path, id, kept, disk })).catch(whenMissing);
}

/** The same, with all of the state that is kept. */
export async function readGlance(folder: string, disk: Disk): Promise<Glance | undefined> {
  const kept = await readKept(folder);
  return withLog(folder, async (path) => glanced({ path, kept, disk }, (await stat(path)).size)).catch(whenMissing);
}

interface Asked {
  readonly path: string;
  readonly kept: Kept | undefined;
  readonly disk: Disk;
}

async function summarised({ id, ...asked }: Asked & { readonly id: ConversationId }): Promise<ConversationSummary | undefined> {
  const { size: sizeBytes } = await stat(asked.path);
  if (asked.kept?.summary.sizeBytes === sizeBytes) return asked.kept.summary;
  const glance = await glanced(asked, sizeBytes);
  return glance && listed(id, glance, sizeBytes);
}

async function glanced({ path, kept, disk }: Asked, sizeBytes: number): Promise<Glance | undefined> {
  if (sizeBytes === 0) return undefined;
  const keptBytes = kept?.summary.sizeBytes ?? 0;
  if (kept?.state !== undefined && keptBytes === sizeBytes) return glanceOf(kept);
  const isNear = kept !== undefined && keptBytes < sizeBytes && sizeBytes - keptBytes < 2 * glanceBytes;
  const parts = isNear ? [{ from: keptBytes, to: sizeBytes }] : partsOf(sizeBytes);
  const glance = await look(path, disk, isNear ? glanceOf(kept) : { state: leanState(initialState), createdAt: "", updatedAt: "" }, parts);
  return glance.createdAt === "" ? undefined : glance;
}

interface Part {
  readonly from: number;
  readonly to: number;
}

function partsOf(sizeBytes: number): Part[] {
  if (sizeBytes <= 2 * glanceBytes) return [{ from: 0, to: sizeBytes }];
  return [
    { from: 0, to: glanceBytes },
    { from: sizeBytes - glanceBytes, to: sizeBytes },
  ];
}

async function look(path: string, disk: Disk, before: Glance, parts: readonly Part[]): Promise<Glance> {
  await using file = await disk.openReadOnly(path);
  let glance = before;
  const see = (event: Event): void => void (glance = seen(glance, event));
  for (const { from, to } of parts) {
    const reader = new LogReader(see);
    const bytes = Buffer.allocUnsafe(to - from);
    reader.push(bytes.subarray(0, await file.read(bytes, from)));
    reader.end();
  }
  return glance;
}

function seen({ state, createdAt }: Glance, event: Event): Glance {
  return {
    // Actions of which a part is not read would wait for ever.
    state: leanState(reduceState({ ...state, pending: [], progress: initialProgress }, event)),
    createdAt: createdAt || event.timestamp,
    updatedAt: event.timestamp,
  };
}

function glanceOf({ summary, state: whole }: Kept): Glance {
  const { title, working_dir, model, execution_status, accumulated_cost, created_at, updated_at } = summary;
  const state = whole ?? {
    ...leanState(initialState),
    execution_status,
    ...(title === undefined ? {} : { title }),
    ...(working_dir === undefined ? {} : { working_dir }),
    ...(model === undefined ? {} : { llm: { model } }),
    ...(accumulated_cost === undefined ? {} : { accumulated_cost }),
  };
  return { state, createdAt: created_at, updatedAt: updated_at };
}

function listed(id: ConversationId, { state, createdAt, updatedAt }: Glance, sizeBytes: number): ConversationSummary {
  return { id, ...summaryOf(state), created_at: createdAt, updated_at: updatedAt, sizeBytes };
}

interface Kept {
  readonly summary: ConversationSummary;
  /** Not in those of earlier versions. */
  readonly state: LeanState | undefined;
}

async function readKept(folder: string): Promise<Kept | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(summaryIn(folder), "utf8"));
    const summary = ConversationSummary.safeParse(kept).data;
    return summary && { summary, state: stateIn(kept) };
  } catch {
    // Missing or spoilt: the log says it all.
    return undefined;
  }
}

const WithState = z.object({ state: z.looseObject({}) });

function stateIn(kept: unknown): LeanState | undefined {
  const found = WithState.safeParse(kept).data;
  const state = found && StateShape.safeParse({ ...found.state, pending: [], progress: initialProgress }).data;
  return state && leanState(state);
}

/** Writes the summary of an open conversation when its title changes, when a run ends, and at the end. */
export class SummaryKeeper implements AsyncDisposable {
  readonly #folder: string;
  readonly #conversation: Conversation;
  #createdAt: string;
  #updatedAt: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, conversation: Conversation, [first, last]: readonly [Event | undefined, Event | undefined]) {
    this.#folder = folder;
    this.#conversation = conversation;
    this.#createdAt = first?.timestamp ?? "";
    this.#updatedAt = last?.timestamp ?? "";
    conversation.onAppended((event) => this.#hear(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #hear(event: Event): void {
    this.#createdAt ||= event.timestamp;
    this.#updatedAt = event.timestamp;
    if (event.kind !== "ConversationStateUpdateEvent") return;
    if (event.key === "title" || (event.key === "execution_status" && event.value !== "running")) this.#write();
  }

  #write(): void {
    if (this.#createdAt !== "") this.#writing = this.#writing.then(() => this.#writeNow());
  }

  async #writeNow(): Promise<void> {
    const { id, state, sizeBytes, ended } = this.#conversation;
    if (ended.aborted) return;
    const glance = { state: leanState(state), createdAt: this.#createdAt, updatedAt: this.#updatedAt };
    const summary = { ...listed(id, glance, sizeBytes), state: glance.state };
    const draft = `${summaryIn(this.#folder)}.new`;
    try {
      await writeFile(draft, JSON.stringify(summary), { mode: 0o600 });
      await rename(draft, summaryIn(this.#folder));
    } catch {
      // It is a shortcut: where it cannot be written, the list reads the log.
    }
  }
}
