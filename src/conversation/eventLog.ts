import type { Event } from "../protocol/events.ts";
import { messageOf } from "../protocol/thrown.ts";
import { ConversationError, lost } from "./conversationError.ts";
import { type Disk, type DiskFile, writeAll } from "./disk.ts";
import type { Place } from "./logReader.ts";
import { encodeRecord, readEvent } from "./record.ts";

/** What could not be read when the log was opened. */
export interface Damage {
  /** How many events are certainly lost: their numbers are left out between others. Those lost at the end cannot be counted. */
  readonly missing: number;
  /** The file with the unreadable bytes, when there are any. */
  readonly keptIn: string | undefined;
}

/** Where a log is, what is in it, and whether this process may write to it. */
export interface LogParts {
  readonly path: string;
  readonly disk: Disk;
  readonly file: DiskFile;
  /** Where each event is, by its `seq`. */
  readonly places: Place[];
  readonly sizeBytes: number;
  readonly damage: Damage | undefined;
  /** Cheap: it is asked twice for each append. */
  readonly isHeld: () => boolean;
}

/**
 * The append-only log of one conversation: one checksummed JSON line per event.
 *
 * `append` resolves when the bytes are on the disk (write and fdatasync have returned) and the lease was still held after that, never
 * before. After a failed write the file is cut back to its last good byte. After a failed sync, and when the lease is lost, the log takes no
 * more events: `failure` says why.
 */
export class EventLog implements AsyncDisposable {
  readonly damage: Damage | undefined;
  readonly #path: string;
  readonly #disk: Disk;
  readonly #places: Place[];
  readonly #isHeld: () => boolean;
  #file: DiskFile;
  #sizeBytes: number;
  #failure: ConversationError | undefined;

  constructor({ path, disk, file, places, sizeBytes, damage, isHeld }: LogParts) {
    this.#path = path;
    this.#disk = disk;
    this.#file = file;
    this.#places = places;
    this.#sizeBytes = sizeBytes;
    this.#isHeld = isHeld;
    this.damage = damage;
  }

  get count(): number {
    return this.#places.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Why nothing can be appended any more, however often it is tried. */
  get failure(): ConversationError | undefined {
    return this.#failure;
  }

  /** Callers append one after the other; a second call before the first has resolved would mix up the numbers. */
  async append(events: readonly Event[]): Promise<void> {
    this.#refuseWhenLost();
    const lines = events.map((event, index) => Buffer.from(encodeRecord(this.count + index, event)));
    const bytes = Buffer.concat(lines);
    await this.#write(bytes);
    await this.#sync();
    // Looked at first, because who takes over may write the log anew, and has the lease by then.
    const isNamed = this.#file.isNamed();
    // Because who takes over reads the log after this has begun to say no: what is told as saved is in what they read.
    this.#refuseWhenLost();
    if (!isNamed) throw (this.#failure = removed());
    for (const line of lines) {
      this.#places.push({ start: this.#sizeBytes, end: this.#sizeBytes + line.length - 1 });
      this.#sizeBytes += line.length;
    }
  }

  /** The events from `from` to before `to`, read from the disk. */
  async read(from: number, to: number): Promise<Event[]> {
    return readPlaces(this.#file, this.#places.slice(Math.max(from, 0), to));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  #refuseWhenLost(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isHeld()) return;
    this.#failure = lost();
    throw this.#failure;
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      await writeAll(this.#file, bytes, this.#sizeBytes);
    } catch (cause) {
      await this.#cutBack(cause);
      throw this.#failure ?? notSaved(cause);
    }
  }

  async #cutBack(cause: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#sizeBytes);
      await this.#file.datasync();
    } catch {
      this.#failure = await this.#distrusted(cause);
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (cause) {
      this.#failure = await this.#distrusted(cause);
      throw this.#failure;
    }
  }

  /**
   * What a descriptor says after a failed sync is not to be believed: the system may have dropped what it could not write, and called it
   * clean. The tail that nobody was told of is cut off through a fresh one, and what was told is looked for there.
   */
  async #distrusted(cause: unknown): Promise<ConversationError> {
    if (!this.#isHeld()) return lost();
    try {
      const fresh = await this.#disk.open(this.#path);
      const distrusted = this.#file;
      this.#file = fresh;
      await distrusted[Symbol.asyncDispose]();
      await fresh.truncate(this.#sizeBytes);
      await fresh.datasync();
      const last = await this.read(this.count - 1, this.count);
      if (last.length === Math.min(this.count, 1)) return closedAfter(cause, "What was saved before was read again and is there");
    } catch {
      // The sentence says that it is not known; the first fault is the one that tells why.
    }
    return closedAfter(cause, "What was saved before could not be read again");
  }
}

/** The events in these places, which lie one behind the other. Rejects when one is not as it was. */
export async function readPlaces(file: DiskFile, places: readonly Place[]): Promise<Event[]> {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  const bytes = Buffer.allocUnsafe(last.end - first.start);
  const count = await file.read(bytes, first.start);
  return places.map(({ start, end }) => {
    const event = end - first.start <= count ? readEvent(bytes.subarray(start - first.start, end - first.start)) : undefined;
    if (event === undefined)
      throw new ConversationError("not-readable", "A part of this conversation cannot be read any more. Open it again.");
    return event;
  });
}

function closedAfter(cause: unknown, kept: string): ConversationError {
  const sentence = `The disk failed while the conversation was saved (${messageOf(cause)}), so it was closed. ${kept}. Check the disk, and send the message again.`;
  return new ConversationError("not-saved", sentence, { cause });
}

function removed(): ConversationError {
  const sentence =
    "The log of this conversation was removed or replaced while it was open, so nothing more is saved in it. Open it again, or begin a new one.";
  return new ConversationError("not-saved", sentence);
}

function notSaved(cause: unknown): ConversationError {
  const sentence = `The conversation could not be saved (${messageOf(cause)}). What was saved before is kept; free space or check the folder, and try again.`;
  return new ConversationError("not-saved", sentence, { cause });
}
