import path from "node:path";
import type { DirectoryEntry, FileStat } from "../../protocol/runtime.ts";
import type { FileContent, Files, WriteOptions } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";

interface StoredFile {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Files in a map; folders are there when something is in them, or was. Every path is POSIX. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, StoredFile>();
  readonly #folders = new Set<string>(["/"]);
  #writes = 0;
  #isClosed = false;

  constructor(workingDir: string, contents: Readonly<Record<string, string>>) {
    this.#addFolder(workingDir);
    for (const [file, text] of Object.entries(contents)) this.#put(file, Buffer.from(text));
  }

  async stat(file: string, signal: AbortSignal): Promise<FileStat | undefined> {
    const at = this.#resolve(file, signal);
    const stored = this.#files.get(at);
    if (stored !== undefined) return statOf(stored);
    return this.#folders.has(at) ? { kind: "directory", sizeBytes: 0, version: "directory" } : undefined;
  }

  async read(file: string, { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FileContent> {
    const at = this.#resolve(file, signal);
    const stored = this.#files.get(at);
    if (this.#folders.has(at)) throw new RuntimeError("is-directory", `${file} is a directory.`);
    if (stored === undefined) throw notFound(file);
    if (stored.bytes.length > maxBytes) throw new RuntimeError("too-large", `${file} has more than ${maxBytes} bytes.`);
    return { bytes: stored.bytes.slice(), version: stored.version };
  }

  async write(file: string, bytes: Uint8Array, { expected, signal }: WriteOptions): Promise<FileStat> {
    const at = this.#resolve(file, signal);
    if (this.#folders.has(at)) throw new RuntimeError("is-directory", `${file} is a directory.`);
    for (let folder = path.posix.dirname(at); folder !== "/"; folder = path.posix.dirname(folder)) {
      if (this.#files.has(folder)) throw new RuntimeError("not-directory", `${folder} is not a directory.`);
    }
    const stored = this.#files.get(at);
    if (stored !== undefined && expected === "absent") throw new RuntimeError("exists", `${file} is already there.`);
    if ((stored?.version ?? "absent") !== expected)
      throw new RuntimeError("changed", `${file} has changed since it was read. Read it again.`);
    return statOf(this.#put(at, bytes.slice()));
  }

  async list(folder: string, signal: AbortSignal): Promise<DirectoryEntry[]> {
    const at = this.#resolve(folder, signal);
    if (this.#files.has(at)) throw new RuntimeError("not-directory", `${folder} is not a directory.`);
    if (!this.#folders.has(at)) throw notFound(folder);
    const entries: DirectoryEntry[] = [
      ...[...this.#files.keys()]
        .filter((file) => path.posix.dirname(file) === at)
        .map((file) => ({ name: path.posix.basename(file), kind: "file" as const })),
      ...[...this.#folders]
        .filter((other) => other !== at && path.posix.dirname(other) === at)
        .map((other) => ({ name: path.posix.basename(other), kind: "directory" as const })),
    ];
    // The order of UTF-8 bytes is that of the code points.
    return entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  async remove(file: string, signal: AbortSignal): Promise<void> {
    const at = this.#resolve(file, signal);
    if (this.#folders.has(at)) throw new RuntimeError("is-directory", `${file} is a directory.`);
    if (!this.#files.delete(at)) throw notFound(file);
  }

  async realPath(file: string, signal: AbortSignal): Promise<string> {
    return this.#resolve(file, signal);
  }

  /** Later ones are greater; undefined when there is no such file. */
  modified(file: string): bigint | undefined {
    const version = this.#files.get(file)?.version;
    return version === undefined ? undefined : BigInt(version);
  }

  close(): void {
    this.#isClosed = true;
  }

  #resolve(file: string, signal: AbortSignal): string {
    if (this.#isClosed) throw new RuntimeError("closed", "These files are closed.");
    signal.throwIfAborted();
    if (!path.posix.isAbsolute(file) || file.includes("\0")) throw new RuntimeError("invalid-path", `The path must be absolute: ${file}`);
    return path.posix.resolve(file);
  }

  #put(file: string, bytes: Uint8Array): StoredFile {
    this.#addFolder(path.posix.dirname(file));
    const stored = { bytes, version: String(++this.#writes) };
    this.#files.set(file, stored);
    return stored;
  }

  #addFolder(folder: string): void {
    for (let at = folder; at !== "/"; at = path.posix.dirname(at)) this.#folders.add(at);
  }
}

function statOf(stored: StoredFile): FileStat {
  return { kind: "file", sizeBytes: stored.bytes.length, version: stored.version };
}

function notFound(file: string): RuntimeError {
  return new RuntimeError("not-found", `There is nothing at ${file}.`);
}
