import { constants, fstatSync, writeSync } from "node:fs";
import { access, type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../protocol/thrown.ts";

/** One open file of a log. Its errors are those of `node:fs`. */
export interface DiskFile extends AsyncDisposable {
  size(): Promise<number>;
  /** Whether it is the file with this number (`ino`), and not one that has taken over its name. */
  isNumber(ino: number): Promise<boolean>;
  /** Whether it still has a name: what is written to a file that was removed or replaced is lost. Cheap. */
  isNamed(): boolean;
  /** How many bytes came; fewer than asked for only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  /** How many bytes were taken, which may be fewer than were given. */
  write(bytes: Buffer, position: number): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  /** Resolves when what was written survives a loss of power. */
  datasync(): Promise<void>;
}

/**
 * What logs need of a file system, and all that they touch of it.
 *
 * **Contract:** a file's bytes survive a loss of power after `datasync`, and its name after `syncFolder` of the folder that it is in;
 * before that either may be lost.
 */
export interface Disk {
  /** For reading and writing; made when it is missing, readable by its owner only. */
  open(path: string): Promise<DiskFile>;
  openReadOnly(path: string): Promise<DiskFile>;
  /** Atomic: whoever looks finds the one or the other. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  syncFolder(path: string): Promise<void>;
}

/** The file system of this machine. */
export const machineDisk: Disk = {
  // Not for appending, because such a descriptor ignores positions, and a failed append must be cut off.
  open: async (path) => fileOf(await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)),
  openReadOnly: async (path) => fileOf(await open(path, constants.O_RDONLY)),
  rename,
  remove: (path) => rm(path, { force: true }),
  exists: (path) => access(path).then(isTrue, isFalse),
  syncFolder,
};

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;

const fewBytes = 64 * 1024;

function fileOf(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    isNumber: async (ino) => (await handle.stat()).ino === ino,
    isNamed: () => fstatSync(handle.fd).nlink > 0,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    // Few bytes are in the system's memory before another thread would have begun; only a sync waits for the disk.
    write: async (bytes, position) =>
      bytes.length <= fewBytes
        ? writeSync(handle.fd, bytes, 0, bytes.length, position)
        : (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    datasync: () => handle.datasync(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Makes the names in a folder durable, where the system can. */
async function syncFolder(path: string): Promise<void> {
  // Because Windows opens no folder, and keeps names by itself.
  if (process.platform === "win32") return;
  await using folder = await open(path, constants.O_RDONLY);
  await folder.sync();
}

/**
 * The folder, made with those above it when they are missing.
 *
 * Not by Node's own `recursive`, because that never comes back where the system says that a folder that is there is missing, as in `/proc`.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    // Another program may just have made it.
    if (!(await machineDisk.exists(dirname(path)))) await makeFolder(dirname(path));
    await mkdir(path, 0o700).catch(whenThere);
  }
  await syncFolder(dirname(path));
}

function whenThere(error: unknown): void {
  if (codeOf(error) !== "EEXIST") throw error;
}

/** For a `catch`: undefined when what was looked for is not there; whatever else went wrong is thrown on. */
export function whenMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

/** Until all is written: a disk may take less than it is given. */
export async function writeAll(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += await file.write(bytes.subarray(done), position + done);
}

/** The bytes from `position` to the end, in pieces that hold until the next is asked for. */
export async function* piecesOf(file: DiskFile, position = 0): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(1 << 20);
  for (let at = position, count = 0; (count = await file.read(piece, at)) > 0; at += count) yield piece.subarray(0, count);
}
