import { constants } from "node:fs";
import { lstat, open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../runtime.ts";
import { fileError } from "./fileErrors.ts";
import { refuseNonFile, versionOf } from "./fileStats.ts";
import { makeFolders } from "./makeFolders.ts";

export interface FilePart {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly version: string;
}

/** At most `maxBytes` bytes of a file from `offset` on; none behind its end. Rejects with RuntimeError, as `Files.read` does. */
export async function readPart(
  file: string,
  { offset, maxBytes, signal }: { readonly offset: number; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<FilePart> {
  checkPath(file);
  try {
    // Before opening, because opening a device can do something to it.
    refuseNonFile(await stat(file, { bigint: true }), file);
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat({ bigint: true });
    refuseNonFile(found, file);
    signal.throwIfAborted();
    const sizeBytes = Number(found.size);
    const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, sizeBytes - offset)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return { bytes: buffer.subarray(0, bytesRead), sizeBytes, version: versionOf(found) };
  } catch (error) {
    throw fileError(error, file, signal);
  }
}

/** Gives a file, link or folder another name; missing folders above it are made. What is there already is `exists`, and nothing is moved. */
export async function movePath(from: string, to: string, signal: AbortSignal): Promise<void> {
  checkPath(from);
  checkPath(to);
  signal.throwIfAborted();
  try {
    await lstat(from);
  } catch (error) {
    throw fileError(error, from, signal);
  }
  try {
    if (await isThere(to)) throw new RuntimeError("exists", `There is already something at ${to}.`);
    await makeFolders(path.dirname(to));
    await rename(from, to);
  } catch (error) {
    throw fileError(error, to, signal);
  }
}

function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function checkPath(file: string): void {
  if (!path.isAbsolute(file) || file.includes("\0"))
    throw new RuntimeError("invalid-path", `The path must be absolute and without NUL characters: ${file}`);
}
