import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { open, readlink } from "node:fs/promises";
import type { WorkspaceEntry } from "../../protocol/workspaceApi.ts";
import { lstatNow } from "./fileStats.ts";

/** Clocks of file systems stand still for some milliseconds: what has changed within so many may change again and look the same. */
const fuzzyMs = 50;

const mostReadAtOnce = 1024 * 1024;

/** Unlike any other stamp while the file has only just changed. */
export function stampOf(found: BigIntStats): string {
  const stamp = `${found.ctimeNs}-${found.size}-${found.ino}`;
  const now = Date.now();
  return Number(found.ctimeNs / 1_000_000n) > now - fuzzyMs ? `${stamp}-${now}-${process.hrtime.bigint()}` : stamp;
}

/** What is at `file`, as it is told on the wire; undefined when there is nothing. Its content is read only for `withHash`. */
export async function entryAt(
  file: string,
  { path, withHash, signal }: { readonly path: string; readonly withHash: boolean; readonly signal: AbortSignal },
): Promise<WorkspaceEntry | undefined> {
  const found = lstatNow(file);
  if (found === undefined) return undefined;
  const entry = await entryOf(found, { file, path });
  if (!withHash || entry.type !== "file") return entry;
  return { ...entry, ...(await contentMarks(file, { sizeBytes: entry.sizeBytes, signal })) };
}

export async function entryOf(
  found: BigIntStats,
  { file, path }: { readonly file: string; readonly path: string },
): Promise<WorkspaceEntry> {
  const common = { path, sizeBytes: Number(found.size), mode: Number(found.mode) & 0o7777, version: stampOf(found) };
  if (found.isSymbolicLink()) return { ...common, type: "symlink", target: await readlink(file) };
  return { ...common, type: found.isFile() ? "file" : "other" };
}

/** A change while it is read changes the stamp as well. */
async function contentMarks(
  file: string,
  { sizeBytes, signal }: { readonly sizeBytes: number; readonly signal: AbortSignal },
): Promise<Required<Pick<WorkspaceEntry, "sha256" | "isBinary">>> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0));
  const hash = createHash("sha256");
  const text = new TextCheck();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(sizeBytes + 1, mostReadAtOnce)));
  for (let isMore = true; isMore; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    text.add(chunk);
    // There was room for one more byte, so that a short read is the end; of a large file that is seen by an empty one.
    isMore = bytesRead > 0 && (bytesRead === buffer.length || sizeBytes >= mostReadAtOnce);
  }
  return { sha256: hash.digest("hex"), isBinary: !text.isText() };
}

/** Whether bytes, given in parts, are UTF-8 without a NUL. */
export class TextCheck {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #isText = true;

  add(bytes: Uint8Array): void {
    if (this.#isText) this.#isText = !bytes.includes(0) && this.#decodes(bytes, true);
  }

  isText(): boolean {
    return this.#isText && this.#decodes(new Uint8Array(), false);
  }

  #decodes(bytes: Uint8Array, stream: boolean): boolean {
    try {
      this.#decoder.decode(bytes, { stream });
      return true;
    } catch {
      // Because that is how a decoder says that these bytes are no text.
      return false;
    }
  }
}
