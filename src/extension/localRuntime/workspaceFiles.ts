import { posix } from "node:path";
import * as vscode from "vscode";
import type { DirectoryEntry, FileKind, FileStat } from "../../protocol/runtime.ts";
import { type FileContent, type Files, RuntimeError, type WriteOptions } from "../../runtime/runtime.ts";
import type { Place } from "./place.ts";

/** The files of a file system that VS Code knows and this machine does not. */
export class WorkspaceFiles implements Files {
  readonly #place: Place;
  readonly #closed = new AbortController();
  /** One after the other, because a file is looked at first and replaced then. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(place: Place) {
    this.#place = place;
  }

  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#do(path, signal, async (uri) => {
      const found = await statOrUndefined(uri);
      return found && { kind: kindOf(found.type & ~vscode.FileType.SymbolicLink), sizeBytes: found.size, version: versionOf(found) };
    });
  }

  /** When it was changed, in milliseconds; undefined when it is gone. */
  async modified(path: string): Promise<bigint | undefined> {
    const found = await statOrUndefined(this.#place.uriOf(path)).catch(() => undefined);
    return found && BigInt(Math.floor(found.mtime));
  }

  read(path: string, { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FileContent> {
    return this.#do(path, signal, async (uri) => {
      const found = await vscode.workspace.fs.stat(uri);
      if (found.type & vscode.FileType.Directory) throw new RuntimeError("is-directory", `${path} is a directory.`);
      if (found.size > maxBytes) throw tooLarge(path, maxBytes);
      const bytes = await vscode.workspace.fs.readFile(uri);
      if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
      return { bytes, version: versionOf(found) };
    });
  }

  write(path: string, bytes: Uint8Array, { expected, signal }: WriteOptions): Promise<FileStat> {
    const write = this.#lastWrite.then(() =>
      this.#do(path, signal, async (uri) => {
        if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false)
          throw new RuntimeError("no-permission", `${path} is on a file system that is read-only. Nothing was written.`);
        const found = await statOrUndefined(uri);
        if (found !== undefined && found.type & vscode.FileType.Directory)
          throw new RuntimeError("is-directory", `${path} is a directory.`);
        const version = found === undefined ? "absent" : versionOf(found);
        if (version !== expected && expected === "absent") throw new RuntimeError("exists", `There is already something at ${path}.`);
        if (version !== expected) throw new RuntimeError("changed", `${path} has changed since it was read. View it again.`);
        if (found === undefined) await this.#makeFolder(posix.dirname(path));
        await vscode.workspace.fs.writeFile(uri, bytes);
        return { kind: "file" as const, sizeBytes: bytes.length, version: versionOf(await vscode.workspace.fs.stat(uri)) };
      }),
    );
    this.#lastWrite = write.catch(() => undefined);
    return write;
  }

  list(path: string, signal: AbortSignal): Promise<DirectoryEntry[]> {
    return this.#do(path, signal, async (uri) => {
      const { type } = await vscode.workspace.fs.stat(uri);
      if (!(type & vscode.FileType.Directory)) throw new RuntimeError("not-directory", `${path} is not a directory.`);
      const entries = await vscode.workspace.fs.readDirectory(uri);
      return entries
        .map(([name, kind]) => ({ name, kind: kindOf(kind) }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    });
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#do(path, signal, async (uri) => {
      const { type } = await vscode.workspace.fs.stat(uri);
      if (type & vscode.FileType.Directory && !(type & vscode.FileType.SymbolicLink))
        throw new RuntimeError("is-directory", `${path} is a directory; only files and links are removed.`);
      await vscode.workspace.fs.delete(uri);
    });
  }

  /** Links are the file system's own business here: VS Code cannot ask where they lead. */
  realPath(path: string, signal: AbortSignal): Promise<string> {
    return this.#do(path, signal, async () => posix.resolve(path));
  }

  close(): void {
    this.#closed.abort(new RuntimeError("closed", "These files are closed, because their conversation has ended."));
  }

  async #makeFolder(path: string): Promise<void> {
    try {
      await vscode.workspace.fs.createDirectory(this.#place.uriOf(path));
    } catch (error) {
      if (!(error instanceof vscode.FileSystemError) || error.code !== "FileExists") throw error;
      throw new RuntimeError("not-directory", `A part of ${path} is not a directory.`, { cause: error });
    }
  }

  async #do<T>(path: string, signal: AbortSignal, action: (uri: vscode.Uri) => Promise<T>): Promise<T> {
    this.#closed.signal.throwIfAborted();
    signal.throwIfAborted();
    if (!posix.isAbsolute(path) || path.includes("\0"))
      throw new RuntimeError("invalid-path", `The path must be absolute and without NUL characters: ${path}`);
    try {
      return await action(this.#place.uriOf(posix.normalize(path)));
    } catch (error) {
      throw error instanceof vscode.FileSystemError ? runtimeError(error, path) : error;
    }
  }
}

async function statOrUndefined(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return undefined;
    throw error;
  }
}

const versionOf = ({ mtime, size }: vscode.FileStat): string => `${mtime}-${size}`;

function kindOf(type: vscode.FileType): FileKind {
  if (type & vscode.FileType.SymbolicLink) return "symlink";
  if (type & vscode.FileType.Directory) return "directory";
  return type & vscode.FileType.File ? "file" : "other";
}

function tooLarge(path: string, maxBytes: number): RuntimeError {
  return new RuntimeError("too-large", `${path} has more than ${maxBytes} bytes.`);
}

const faults: Readonly<Record<string, readonly [RuntimeError["code"], (path: string) => string]>> = {
  FileNotFound: ["not-found", (path) => `There is nothing at ${path}.`],
  FileExists: ["exists", (path) => `There is already something at ${path}.`],
  FileNotADirectory: ["not-directory", (path) => `A part of ${path} is not a directory.`],
  FileIsADirectory: ["is-directory", (path) => `${path} is a directory.`],
  NoPermissions: ["no-permission", (path) => `${path} may not be changed here.`],
};

function runtimeError(error: vscode.FileSystemError, path: string): RuntimeError {
  const [code, sentence] = faults[error.code] ?? ["failed", () => `${path}: ${error.message}`];
  return new RuntimeError(code, sentence(path), { cause: error });
}
