import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import { ConversationSummary } from "../protocol/summary.ts";
import type { Conversation } from "./conversation.ts";
import { type Disk, whenMissing } from "./disk.ts";
import { withLog } from "./logFile.ts";
import { LogReader } from "./logReader.ts";

/** Of a large log without a summary only so much of its beginning and of its end is read for a list. */
const glanceBytes = 256 * 1024;

const summaryIn = (folder: string): string => join(folder, "summary.json");

interface Glance {
  readonly state: ConversationState;
  readonly createdAt: string;
  readonly updatedAt: string;
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

interface Asked {
  readonly path: string;
  readonly id: ConversationId;
  readonly kept: ConversationSummary | undefined;
  readonly disk: Disk;
}

async function summarised({ path, id, kept, disk }: Asked): Promise<ConversationSummary | undefined> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) return undefined;
  if (kept?.sizeBytes === sizeBytes) return kept;
  const isNear = kept !== undefined && kept.sizeBytes < sizeBytes && sizeBytes - kept.sizeBytes < 2 * glanceBytes;
  const parts = isNear ? [{ from: kept.sizeBytes, to: sizeBytes }] : partsOf(sizeBytes);
  const glance = await look(path, disk, isNear ? glanceOf(kept) : { state: initialState, createdAt: "", updatedAt: "" }, parts);
  return glance.createdAt === "" ? undefined : summaryOf(id, glance, sizeBytes);
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
    // Only updates are in a summary; actions of which a part is not read would wait for ever.
    state: event.kind === "ConversationStateUpdateEvent" ? reduceState(state, event) : state,
    createdAt: createdAt || event.timestamp,
    updatedAt: event.timestamp,
  };
}

function glanceOf({ title, working_dir, model, execution_status, accumulated_cost, created_at, updated_at }: ConversationSummary): Glance {
  const state = {
    ...initialState,
    execution_status,
    ...(title === undefined ? {} : { title }),
    ...(working_dir === undefined ? {} : { working_dir }),
    ...(model === undefined ? {} : { llm: { model } }),
    ...(accumulated_cost === undefined ? {} : { accumulated_cost }),
  };
  return { state, createdAt: created_at, updatedAt: updated_at };
}

function summaryOf(id: ConversationId, { state, createdAt, updatedAt }: Glance, sizeBytes: number): ConversationSummary {
  const { title, working_dir, llm, execution_status, accumulated_cost } = state;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(working_dir === undefined ? {} : { working_dir }),
    ...(llm === undefined ? {} : { model: llm.model }),
    execution_status,
    created_at: createdAt,
    updated_at: updatedAt,
    ...(accumulated_cost === undefined ? {} : { accumulated_cost }),
    sizeBytes,
  };
}

async function readKept(folder: string): Promise<ConversationSummary | undefined> {
  try {
    return ConversationSummary.safeParse(JSON.parse(await readFile(summaryIn(folder), "utf8"))).data;
  } catch {
    // Missing or spoilt: the log says it all.
    return undefined;
  }
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
    const summary = summaryOf(id, { state, createdAt: this.#createdAt, updatedAt: this.#updatedAt }, sizeBytes);
    const draft = `${summaryIn(this.#folder)}.new`;
    try {
      await writeFile(draft, JSON.stringify(summary), { mode: 0o600 });
      await rename(draft, summaryIn(this.#folder));
    } catch {
      // It is a shortcut: where it cannot be written, the list reads the log.
    }
  }
}
