import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Event } from "../protocol/events.ts";
import { ConversationError } from "./conversationError.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

/** What was found unreadable when the log was opened; the bytes are kept in `keptIn`. */
export interface Damage {
  readonly lines: number;
  readonly keptIn: string;
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

  constructor(file: FileHandle, contents: Contents) {
    this.#file = file;
    this.#nextSeq = contents.events.length;
    this.#sizeBytes = contents.sizeBytes;
    this.damage = contents.damage;
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

/** The log at `path`, made when it is missing, and the events that are in it. Lines that are not whole are set aside, and told. */
export async function openEventLog(path: string): Promise<{ readonly log: EventLog; readonly events: Event[] }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "a+", 0o600);
  // Because a descriptor opened for appending ignores positions, and a failed append must be cut off.
  const writable = await open(path, "r+");
  try {
    const contents = await repair(writable, path, await file.readFile("utf8"));
    return { log: new EventLog(writable, contents), events: contents.events };
  } catch (error) {
    await writable.close();
    throw error;
  } finally {
    await file.close();
  }
}

interface Contents {
  readonly events: Event[];
  readonly sizeBytes: number;
  readonly damage: Damage | undefined;
}

/** Keeps the good lines in the file and moves the rest to a file beside it. */
async function repair(file: FileHandle, path: string, text: string): Promise<Contents> {
  const events: Event[] = [];
  const bad: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const record = decode(line);
    if (record?.seq === events.length) events.push(record.event);
    else bad.push(line);
  }
  const isWhole = bad.length === 0 && (text === "" || text.endsWith("\n"));
  if (isWhole) return { events, sizeBytes: Buffer.byteLength(text), damage: undefined };
  return rewrite(file, path, events, bad);
}

async function rewrite(file: FileHandle, path: string, events: Event[], bad: readonly string[]): Promise<Contents> {
  const keptIn = `${path}.bad-${new Date().toISOString().replaceAll(":", "-")}`;
  if (bad.length > 0) await writeFile(keptIn, `${bad.join("\n")}\n`, { mode: 0o600, flush: true });
  const bytes = Buffer.from(events.map((event, seq) => encodeRecord(seq, event)).join(""));
  await writeAll(file, bytes, 0);
  await file.truncate(bytes.length);
  await file.datasync();
  return { events, sizeBytes: bytes.length, damage: bad.length > 0 ? { lines: bad.length, keptIn } : undefined };
}

function decode(line: string): ReturnType<typeof decodeRecord> {
  try {
    return decodeRecord(line);
  } catch {
    // The checksum was right but the event is not one: written by something else. It is set aside like any damage.
    return undefined;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function notSaved(cause: unknown): ConversationError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConversationError("not-saved", `The conversation could not be saved (${why}). What was saved before is kept; free space or check the folder, and try again.`, { cause });
}
