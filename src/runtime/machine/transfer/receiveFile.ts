import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../../runtime.ts";
import { fileError } from "../fileErrors.ts";
import { lstatOrUndefined, refuseNonFile } from "../fileStats.ts";
import { makeFolders } from "../makeFolders.ts";
import { checkedPath, refuseSystemFile } from "./checkedPath.ts";

export interface ReceiveOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Writes what comes to `file`, in one step at its end: until then, and when it breaks off, what was there stays. Folders above it are made. Of
 * the chunks only one is held. Rejects with RuntimeError: links, pipes and devices are not written to, and not more than `maxBytes`.
 */
export async function receiveFile(file: string, chunks: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<void> {
  checkedPath(file);
  try {
    const before = await lstatOrUndefined(file);
    if (before !== undefined) refuseNonFile(before, file);
    const folder = path.dirname(file);
    await makeFolders(folder);
    await refuseSystemFile(folder);
    const beside = path.join(folder, `.openhands-${randomBytes(6).toString("hex")}.tmp`);
    try {
      await using handle = await open(beside, "wx", before === undefined ? 0o666 : Number(before.mode) & 0o777);
      await writeAll(handle, chunks, options);
      await rename(beside, file);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  } catch (error) {
    throw fileError(error, file, options.signal);
  }
}

async function writeAll(handle: FileHandle, chunks: AsyncIterable<Uint8Array>, { maxBytes, signal }: ReceiveOptions): Promise<void> {
  let size = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    size += chunk.length;
    if (size > maxBytes) throw new RuntimeError("too-large", `A file of more than ${maxBytes} bytes is not taken. Nothing was written.`);
    await handle.writeFile(chunk);
  }
}
