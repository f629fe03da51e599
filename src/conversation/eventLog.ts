import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Event } from "../protocol/events.ts";
import { ConversationError, notOpened } from "./conversationError.ts";
import { type Reading, readLog } from "./readLog.ts";
import { encodeRecord } from "./record.ts";

/** What could not be read when the log was opened. */
export interface Damage {
  /** How many events are certainly lost: their numbers are left out between others. Those lost at the end cannot be counted. */
  readonly missing: number;
  /** The file with the unreadable bytes, when there are any. */
  readonly keptIn: string | undefined;
}

/** Where a log goes on. */
interface End {
  readonly nextSeq: number;
  readonly sizeBytes: number;
  readonly damage: Damage | undefined;
}

/**
 * The append-only log of one conversation: one checksummed JSON line per event.
 *
 * `append` resolves when the bytes are on the disk (write and fdatasync have returned), never before. After a failed append the
 * file is cut back to its last good byte; when that fails too the log takes no more events.
 */
export class EventLog implements AsyncDisposable {
  readonly damage: Damage | undefined;
  readonly #file: FileHandle;
  #nextSeq: number;
  #sizeBytes: number;
  #broken: unknown;

  constructor(file: FileHandle, { nextSeq, sizeBytes, damage }: End) {
    this.#file = file;
    this.#nextSeq = nextSeq;
    this.#sizeBytes = sizeBytes;
    this.damage = damage;
  }

  /** Callers append one after the other; a second call before the first has resolved would mix up the numbers. */
  async append(events: readonly Event[]): Promise<void> {
    if (this.#broken !== undefined) throw notSaved(this.#broken);
    const bytes = Buffer.from(events.map((event, index) => encodeRecord(this.#nextSeq + index, event)).join(""));
    try {
      await writeAll(this.#file, bytes, this.#sizeBytes);
      await this.#file.datasync();
    } catch (cause) {
      await this.#cutBack();
      throw notSaved(cause);
    }
    this.#sizeBytes += bytes.length;
    this.#nextSeq += events.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #cutBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#sizeBytes);
      await this.#file.datasync();
    } catch (cause) {
      this.#broken = cause;
    }
  }
}

/**
 * The log at `path`, made when it is missing, and the events that are in it. What cannot be read is set aside, and told; the rest is
 * numbered anew. Rejects with `not-readable`.
 */
export async function openEventLog(path: string): Promise<{ readonly log: EventLog; readonly events: Event[] }> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const bytes = await readFile(path).catch(emptyWhenMissing);
    const reading = readLog(bytes);
    const damage = reading.soundBytes === bytes.length ? undefined : await repair(path, reading);
    // Not for appending, because such a descriptor ignores positions, and a failed append must be cut off.
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size } = await file.stat();
    return { log: new EventLog(file, { nextSeq: reading.events.length, sizeBytes: size, damage }), events: [...reading.events] };
  } catch (cause) {
    throw notOpened(cause);
  }
}

/** Moves what cannot be read to a file beside the log. Cut off at any moment, it leaves the log as it was or as it shall be. */
async function repair(path: string, { events, bad, missing, soundBytes, soundEvents }: Reading): Promise<Damage | undefined> {
  const keptIn = bad.length === 0 ? undefined : `${path}.bad-${new Date().toISOString().replaceAll(":", "-")}`;
  if (keptIn !== undefined) await writeFile(keptIn, Buffer.concat(bad.flatMap((piece) => [piece, newline])), { mode: 0o600, flush: true });
  if (soundEvents === events.length) await truncate(path, soundBytes);
  else await rewrite(path, events);
  return bad.length > 0 || missing > 0 ? { missing, keptIn } : undefined;
}

const newline = Buffer.from("\n");

async function rewrite(path: string, events: readonly Event[]): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, events.map((event, seq) => encodeRecord(seq, event)).join(""), { mode: 0o600, flush: true });
  await rename(fresh, path);
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function notSaved(cause: unknown): ConversationError {
  const sentence = `The conversation could not be saved (${reasonOf(cause)}). What was saved before is kept; free space or check the folder, and try again.`;
  return new ConversationError("not-saved", sentence, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function emptyWhenMissing(error: unknown): Buffer {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
  throw error;
}
