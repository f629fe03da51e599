import { constants } from "node:fs";
import { lstat, open, readdir, stat, unlink } from "node:fs/promises";
import path from "node:path";
import type { DirectoryEntry, FileStat } from "../../protocol/runtime.ts";
import type { FileContent, Files, WriteOptions } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { fileError } from "./fileErrors.ts";
import { kindOf, refuseNonFile, statOrUndefined, toFileStat, versionOf } from "./fileStats.ts";
import { realPath } from "./realPath.ts";
import { replaceFile } from "./replaceFile.ts";

/** The files of this machine. */
export class MachineFiles implements Files {
  readonly #closed = new AbortController();
  /** One after the other, because a file is looked at first and replaced then: of two at once, both would see what they expect. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  stat(file: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#do(file, signal, async () => {
      const found = await statOrUndefined(file);
      return found === undefined ? undefined : toFileStat(found);
    });
  }

  read(file: string, { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FileContent> {
    return this.#do(file, signal, async () => {
      // Before opening, because opening a device can do something to it.
      refuseNonFile(await stat(file, { bigint: true }), file);
      // Not blocking, because it could have become a pipe since.
      await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await handle.stat({ bigint: true });
      refuseNonFile(found, file);
      if (found.size > maxBytes) throw tooLarge(file, maxBytes);
      const bytes = await readUpTo(handle, { expected: Number(found.size), maxBytes, signal });
      if (bytes === undefined) throw tooLarge(file, maxBytes);
      return { bytes, version: versionOf(found) };
    });
  }

  write(file: string, bytes: Uint8Array, options: WriteOptions): Promise<FileStat> {
    const write = this.#lastWrite.then(() =>
      this.#do(file, options.signal, async () => toFileStat(await replaceFile(file, bytes, options))),
    );
    this.#lastWrite = write.catch(() => undefined);
    return write;
  }

  list(folder: string, signal: AbortSignal): Promise<DirectoryEntry[]> {
    return this.#do(folder, signal, async () => {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).sort((a, b) => compareCodePoints(a.name, b.name));
    });
  }

  remove(file: string, signal: AbortSignal): Promise<void> {
    return this.#do(file, signal, async () => {
      if ((await lstat(file)).isDirectory())
        throw new RuntimeError("is-directory", `${file} is a directory; only files and links are removed.`);
      await unlink(file);
    });
  }

  realPath(file: string, signal: AbortSignal): Promise<string> {
    return this.#do(file, signal, () => realPath(file));
  }

  close(): void {
    this.#closed.abort(new RuntimeError("closed", "These files are closed, because their conversation has ended."));
  }

  /** Does something with a path, and says in a person's words what went wrong. */
  async #do<T>(file: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    this.#closed.signal.throwIfAborted();
    signal.throwIfAborted();
    if (!path.isAbsolute(file) || file.includes("\0"))
      throw new RuntimeError("invalid-path", `The path must be absolute and without NUL characters: ${file}`);
    try {
      return await action();
    } catch (error) {
      throw fileError(error, file, signal);
    }
  }
}

function tooLarge(file: string, maxBytes: number): RuntimeError {
  return new RuntimeError(
    "too-large",
    `${file} has more than ${maxBytes} bytes. Read a part of it with a command such as head, sed or grep.`,
  );
}

interface ReadLimits {
  /** What the file said it has; those in /proc say 0 and have more. */
  readonly expected: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Undefined when there is more. */
async function readUpTo(
  handle: { read(buffer: Uint8Array, offset: number): Promise<{ bytesRead: number }> },
  limits: ReadLimits,
): Promise<Uint8Array | undefined> {
  let buffer = Buffer.alloc(Math.min(limits.expected, limits.maxBytes) + 1);
  let length = 0;
  for (;;) {
    limits.signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > limits.maxBytes) return undefined;
    // There was room for one more byte.
    if (length === limits.expected) return buffer.subarray(0, length);
    if (length === buffer.length)
      buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(Math.max(length, 4096), limits.maxBytes + 1 - length))]);
  }
}

/** JavaScript compares halves of characters; these orders differ above U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
