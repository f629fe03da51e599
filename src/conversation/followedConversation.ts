import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import { codeOf } from "../protocol/thrown.ts";
import type { AppendListener, ReadableConversation } from "./conversation.ts";
import { type ConversationError, isAnothers } from "./conversationError.ts";
import { type Disk, type DiskFile, piecesOf } from "./disk.ts";
import { readPlaces } from "./eventLog.ts";
import { withLog } from "./logFile.ts";
import { LogReader, type Place } from "./logReader.ts";

/** What a followed conversation came to. */
export type FollowEnd = "deleted" | "free";

export interface FollowOptions {
  readonly id: ConversationId;
  readonly folder: string;
  readonly disk: Disk;
  /** Why it is not open to write. */
  readonly reason: ConversationError;
  /** Asked from time to time: whether it could be opened to write now. */
  readonly isFree: () => Promise<boolean>;
  readonly pollMs: number;
}

/** A file of the log as far as it has been read. */
interface Followed {
  readonly path: string;
  readonly file: DiskFile;
  readonly reader: LogReader;
  readonly places: Place[];
  at: number;
}

/**
 * A conversation that somebody else writes to, or that nobody can: what is in its log, and what comes, in order and without a gap.
 *
 * The system's word that the file has changed makes it quick; a look now and then makes it sure. Nothing on the disk is touched.
 */
export class FollowedConversation implements ReadableConversation {
  readonly id: ConversationId;
  readonly reason: ConversationError;
  readonly #options: FollowOptions;
  readonly #listeners = new Set<AppendListener>();
  readonly #ended = Promise.withResolvers<FollowEnd>();
  /** What ends the watching; undefined when it has ended. */
  #watchers: (() => void)[] | undefined = [];
  #state: ConversationState = initialState;
  #told = 0;
  #followed: Followed;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: FollowOptions, path: string, file: DiskFile) {
    this.id = options.id;
    this.reason = options.reason;
    this.#options = options;
    this.#followed = this.#begin(path, file);
  }

  /** What is in it now has been read when this resolves. */
  static async open(options: FollowOptions): Promise<FollowedConversation> {
    const conversation = await withLog(
      options.folder,
      async (path) => new FollowedConversation(options, path, await options.disk.openReadOnly(path)),
    );
    try {
      await conversation.#read();
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      throw error;
    }
    conversation.#watch();
    return conversation;
  }

  get count(): number {
    return this.#told;
  }

  /** Whether a later version has written in it, so that there may be more in it than can be read here. */
  get isNewer(): boolean {
    return this.#followed.reader.reading.isNewer;
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** Resolves when it is gone, or when it could be opened to write. */
  get ended(): Promise<FollowEnd> {
    return this.#ended.promise;
  }

  /** Between two looks, because a look may change the file. */
  read(from: number, to: number): Promise<readonly Event[]> {
    const reading = this.#looking.then(() => this.#readPlaces(from, to));
    this.#looking = reading.then(
      () => undefined,
      () => undefined,
    );
    return reading;
  }

  onAppended(listener: AppendListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Looks for what has come; resolves when it has been told. */
  refresh(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const watchers = this.#watchers ?? [];
    this.#watchers = undefined;
    for (const end of watchers) end();
    this.#listeners.clear();
    await this.#looking;
    await this.#followed.file[Symbol.asyncDispose]();
  }

  #watch(): void {
    const { folder, pollMs } = this.#options;
    const timer = setInterval(() => void this.#pollOnce(), pollMs).unref();
    this.#watchers?.push(() => clearInterval(timer));
    try {
      const watcher = watch(folder, { persistent: false }, () => void this.refresh());
      watcher.on("error", () => watcher.close());
      this.#watchers?.push(() => watcher.close());
    } catch {
      // Because some file systems tell nothing, and the system's watchers may all be taken: then looking now and then must do.
    }
  }

  async #pollOnce(): Promise<void> {
    await this.refresh();
    if (isAnothers(this.reason) && (await this.#options.isFree().catch(() => false))) this.#ended.resolve("free");
  }

  async #look(): Promise<void> {
    if (this.#watchers === undefined) return;
    try {
      if (await this.#isReplaced()) await this.#reopen();
      await this.#read();
    } catch (error) {
      if (codeOf(error) === "ENOENT" && !(await this.#options.disk.exists(this.#options.folder))) this.#ended.resolve("deleted");
      // Whatever else it is, the next look tries again.
    }
  }

  async #readPlaces(from: number, to: number): Promise<readonly Event[]> {
    const { file, places } = this.#followed;
    // One by one, because between them may be what is no record.
    return (await Promise.all(places.slice(from, to).map((place) => readPlaces(file, [place])))).flat();
  }

  /** By another file, as when it was repaired or taken over; or by less, as when a failed append was cut off. */
  async #isReplaced(): Promise<boolean> {
    const { path, size, ino } = await withLog(this.#options.folder, async (log) => {
      const found = await stat(log);
      return { path: log, size: found.size, ino: found.ino };
    });
    const { file, at } = this.#followed;
    return path !== this.#followed.path || size < at || !(await file.isNumber(ino));
  }

  async #reopen(): Promise<void> {
    const old = this.#followed;
    this.#followed = await withLog(this.#options.folder, async (path) => this.#begin(path, await this.#options.disk.openReadOnly(path)));
    await old.file[Symbol.asyncDispose]();
  }

  #begin(path: string, file: DiskFile): Followed {
    const places: Place[] = [];
    const reader = new LogReader((event, place) => this.#tell(event, places.push(place) - 1));
    return { path, file, reader, places, at: 0 };
  }

  async #read(): Promise<void> {
    const followed = this.#followed;
    for await (const piece of piecesOf(followed.file, followed.at)) {
      followed.reader.push(piece);
      followed.at += piece.length;
    }
  }

  /** What has been told from the file before is not told again. */
  #tell(event: Event, seq: number): void {
    if (seq < this.#told) return;
    this.#told = seq + 1;
    this.#state = reduceState(this.#state, event);
    for (const listener of this.#listeners) listener(event, seq);
  }
}
