import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { messageOf } from "../../protocol/thrown.ts";
import { isNothingThere } from "../machine/fileStats.ts";
import { type Base, mostPackedBytes, sha256Of } from "./base.ts";
import { withoutCredentials } from "./gitSecrets.ts";
import { readAhead } from "./readAhead.ts";
import type { CopyItem } from "./survey.ts";
import type { TarHeader, TarWriter } from "./tarWriter.ts";

interface CopyNeeds {
  readonly base: Base;
  /** Hears how many bytes have been read so far. */
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Files of at most so many bytes are read whole, some ahead of their turn. */
const smallBytes = mostPackedBytes;
const mostAhead = 16;

type Ready =
  | { readonly item: CopyItem; readonly content: Uint8Array }
  | { readonly item: CopyItem; readonly target: string }
  | { readonly item: CopyItem; readonly isLater: true }
  | undefined;

/** Sends what was surveyed as a tar, and takes into the base exactly what was sent. */
export class FolderCopy {
  readonly #needs: CopyNeeds;
  readonly #unreadable: string[] = [];
  #readBytes = 0;

  constructor(needs: CopyNeeds) {
    this.#needs = needs;
  }

  async send(items: readonly CopyItem[], tar: TarWriter): Promise<void> {
    for await (const ready of readAhead(items, { most: mostAhead, read: (item) => this.#read(item) })) {
      this.#needs.signal.throwIfAborted();
      if (ready === undefined) continue;
      if ("content" in ready) await this.#sendSmall(ready.item, ready.content, tar);
      else if ("target" in ready) await this.#sendLink(ready.item, ready.target, tar);
      else if (ready.item.found.isDirectory()) await tar.whole({ ...headerOf(ready.item), type: "directory" });
      else await this.#sendLarge(ready.item, tar);
    }
    tar.end();
  }

  /** Sentences about what could not be copied. */
  notes(): string[] {
    return this.#unreadable;
  }

  /** Undefined when it has gone, or may not be read. */
  async #read(item: CopyItem): Promise<Ready> {
    try {
      if (item.found.isSymbolicLink()) return { item, target: await readlink(item.file) };
      if (item.found.isDirectory() || item.found.size > smallBytes) return { item, isLater: true };
      await using handle = await openNoLink(item.file);
      const content = await readWhole(handle, Number(item.found.size));
      if (item.part !== "gitText") return { item, content };
      return { item, content: Buffer.from(withoutCredentials(content.toString("latin1")), "latin1") };
    } catch (error) {
      if (!isNothingThere(error)) this.#unreadable.push(`${item.path} could not be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #sendSmall(item: CopyItem, content: Uint8Array, tar: TarWriter): Promise<void> {
    const header = headerOf(item);
    await tar.whole({ ...header, type: "file" }, content);
    this.#count(content.length);
    if (item.part !== "workspace") return;
    const entry = { path: item.path, type: "file", sizeBytes: content.length, mode: header.mode, version: "" } as const;
    await this.#needs.base.set({ ...entry, sha256: sha256Of(content) }, isText(content) ? content : undefined);
  }

  async #sendLink(item: CopyItem, target: string, tar: TarWriter): Promise<void> {
    const header = headerOf(item);
    await tar.whole({ ...header, type: "symlink", linkname: target });
    if (item.part !== "workspace") return;
    const { path } = item;
    const sizeBytes = Buffer.byteLength(target);
    await this.#needs.base.set(
      { path, type: "symlink", sizeBytes, mode: header.mode, version: "", sha256: sha256Of(target), target },
      undefined,
    );
  }

  async #sendLarge(item: CopyItem, tar: TarWriter): Promise<void> {
    const size = Number(item.found.size);
    const header = headerOf(item);
    const hash = createHash("sha256");
    const handle = await openNoLink(item.file).catch((error: unknown) => {
      this.#unreadable.push(`${item.path} could not be read: ${messageOf(error)}`);
    });
    if (handle === undefined) return;
    await using _open = handle;
    await tar.inParts({ ...header, type: "file", size }, this.#parts(handle, size, hash));
    if (item.part !== "workspace") return;
    const entry = { path: item.path, type: "file", sizeBytes: size, mode: header.mode, version: "" } as const;
    await this.#needs.base.set({ ...entry, sha256: hash.digest("hex") }, undefined);
  }

  /** Exactly `size` bytes, whatever has become of the file since: the tar has promised them. */
  async *#parts(handle: FileHandle, size: number, hash: { update(bytes: Uint8Array): unknown }): AsyncGenerator<Uint8Array> {
    let left = size;
    while (left > 0) {
      this.#needs.signal.throwIfAborted();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(left, smallBytes)), 0);
      // What is missing is filled up with NULs.
      const part = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
      hash.update(part);
      left -= part.length;
      this.#count(part.length);
      yield part;
    }
  }

  #count(bytes: number): void {
    this.#readBytes += bytes;
    this.#needs.onRead(this.#readBytes);
  }
}

const openNoLink = (file: string): Promise<FileHandle> =>
  open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));

/** At most as much as it had when it was looked at, because more may come without end. */
async function readWhole(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(buffer, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Windows knows no such bits; there everything may be run, as Docker does it. */
function headerOf({ path, found }: CopyItem): TarHeader {
  const mode = process.platform === "win32" ? 0o755 : Number(found.mode) & 0o777;
  return { name: path, mode, mtime: new Date(Number(found.mtimeMs)) };
}

/** Whether bytes are UTF-8 without a NUL. */
export function isText(bytes: Uint8Array): boolean {
  return !bytes.includes(0) && isUtf8(bytes);
}
