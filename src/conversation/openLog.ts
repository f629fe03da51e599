import { dirname } from "node:path";
import type { Event } from "../protocol/events.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import { newer, notOpened } from "./conversationError.ts";
import { type Disk, type DiskFile, machineDisk, piecesOf, writeAll } from "./disk.ts";
import { type Damage, EventLog, readPlaces } from "./eventLog.ts";
import { LogReader, type Place, type Reading } from "./logReader.ts";
import { encodeRecord } from "./record.ts";

export interface OpenLogOptions {
  readonly disk?: Disk;
  readonly isHeld?: () => boolean;
  /** Whether another process may still have the file open to write: then it is left alone with the old file, and we go on with a copy. */
  readonly mayHaveWriter?: boolean;
  /** Where the log goes on when it is written anew; `path` itself when nobody else can be at it. */
  readonly freshPath?: string;
  /** Logs up to this size are kept in memory as they are opened; of larger ones only the state. */
  readonly keepBytes?: number;
}

/** A log and what is in it. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly state: ConversationState;
  /** All events, oldest first; undefined when they are too many to be kept unasked. */
  readonly events: Event[] | undefined;
}

export const defaultKeepBytes = 32 * 1024 * 1024;

/**
 * The log at `path`, made when it is missing, and what is in it. What cannot be read is set aside, and told; the rest is numbered anew.
 * Rejects with `newer`, `not-writable` or `not-readable`, and has changed nothing then.
 */
export async function openEventLog(path: string, options: OpenLogOptions = {}): Promise<OpenedLog> {
  const { disk = machineDisk, isHeld = () => true, mayHaveWriter = false, freshPath = path, keepBytes = defaultKeepBytes } = options;
  try {
    if (mayHaveWriter && (await disk.exists(path))) return await openCopy(path, { ...options, freshPath, disk });
    const { file, scan, damage, ...found } = await openSound({ path, freshPath, disk, keepBytes });
    const { places, state, events, sizeBytes } = scan;
    return { log: new EventLog({ path: found.path, disk, file, places, sizeBytes, damage, isHeld }), state, events };
  } catch (cause) {
    throw notOpened(cause);
  }
}

/** What one reading of a file has found. */
interface Scan {
  readonly reading: Reading;
  readonly places: Place[];
  readonly state: ConversationState;
  readonly events: Event[] | undefined;
  readonly sizeBytes: number;
}

async function scanLog(file: DiskFile, keepBytes: number): Promise<Scan> {
  const places: Place[] = [];
  let events: Event[] | undefined = (await file.size()) <= keepBytes ? [] : undefined;
  let state = initialState;
  const reader = new LogReader((event, place) => {
    places.push(place);
    state = reduceState(state, event);
    events?.push(event);
    if (place.end > keepBytes) events = undefined;
  });
  let sizeBytes = 0;
  for await (const piece of piecesOf(file)) {
    reader.push(piece);
    sizeBytes += piece.length;
  }
  reader.end();
  return { reading: reader.reading, places, state, events, sizeBytes };
}

interface Opening {
  readonly path: string;
  readonly freshPath: string;
  readonly disk: Disk;
  readonly keepBytes: number;
}

interface Sound {
  readonly path: string;
  readonly file: DiskFile;
  readonly scan: Scan;
  readonly damage: Damage | undefined;
}

async function openSound(opening: Opening): Promise<Sound> {
  const { path, disk, keepBytes } = opening;
  const file = await disk.open(path);
  try {
    const scan = await scanLog(file, keepBytes);
    if (scan.sizeBytes === 0) await disk.syncFolder(dirname(path));
    if (scan.reading.isNewer) throw newer();
    // Because the process that wrote the last of it may have died before it was synced, and it will be shown.
    if (scan.sizeBytes > 0) await file.datasync();
    if (scan.reading.soundBytes === scan.sizeBytes) return { path, file, scan, damage: undefined };
    const repaired = await repair({ ...opening, file, scan });
    const sound = await openSound({ ...opening, path: repaired.path });
    await file[Symbol.asyncDispose]();
    return { ...sound, damage: repaired.damage };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

interface Broken extends Opening {
  readonly file: DiskFile;
  readonly scan: Scan;
}

/** Moves what cannot be read to a file beside the log. Cut off at any moment, it leaves the log as it was or as it shall be. */
async function repair(broken: Broken): Promise<{ readonly path: string; readonly damage: Damage | undefined }> {
  const { path, freshPath, disk, file, scan } = broken;
  const { bad, missing, soundBytes } = scan.reading;
  const keptIn = bad.length === 0 ? undefined : `${path}.bad-${new Date().toISOString().replaceAll(":", "-")}`;
  if (keptIn !== undefined) await writeFresh(keptIn, disk, [Buffer.concat(bad.flatMap((piece) => [piece, newline]))]);
  const damage = bad.length > 0 || missing > 0 ? { missing, keptIn } : undefined;
  if ((scan.places.at(-1)?.end ?? 0) > soundBytes) {
    await putInPlace(freshPath, disk, renumbered(broken));
    return { path: freshPath, damage };
  }
  await cutTail(file, soundBytes);
  return { path, damage };
}

const newline = Buffer.from("\n");

async function cutTail(file: DiskFile, sizeBytes: number): Promise<void> {
  await file.truncate(sizeBytes);
  await file.datasync();
}

/** So many events are in memory at once while a log is written anew. */
const perPiece = 1_000;

async function* renumbered({ file, scan: { places } }: Broken): AsyncGenerator<Buffer> {
  for (let from = 0; from < places.length; from += perPiece) {
    // One by one, because between them may be what is no record.
    const events = await Promise.all(places.slice(from, from + perPiece).map((place) => readPlaces(file, [place])));
    yield Buffer.from(
      events
        .flat()
        .map((event, index) => encodeRecord(from + index, event))
        .join(""),
    );
  }
}

/** The owner before us can write to the old file as it likes: nobody reads it any more. */
async function openCopy(path: string, options: OpenLogOptions & Pick<Opening, "freshPath" | "disk">): Promise<OpenedLog> {
  await using old = await options.disk.openReadOnly(path);
  await putInPlace(options.freshPath, options.disk, piecesOf(old));
  return await openEventLog(options.freshPath, { ...options, mayHaveWriter: false });
}

async function putInPlace(path: string, disk: Disk, pieces: AsyncIterable<Buffer>): Promise<void> {
  const draft = `${path}.new`;
  await disk.remove(draft);
  await writeFresh(draft, disk, pieces);
  await disk.rename(draft, path);
  await disk.syncFolder(dirname(path));
}

/** A file with these bytes that survives a loss of power; a part of it is removed when it cannot be made. */
export async function writeFresh(path: string, disk: Disk, pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  try {
    await using file = await disk.open(path);
    let at = 0;
    for await (const piece of pieces) {
      await writeAll(file, piece, at);
      at += piece.length;
    }
    await file.datasync();
  } catch (error) {
    // What stays behind when even that fails is overwritten at the next opening.
    await disk.remove(path).catch(() => undefined);
    throw error;
  }
}
