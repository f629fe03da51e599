import { posix } from "node:path";
import * as vscode from "vscode";

interface Node {
  readonly bytes: Uint8Array | undefined;
  readonly changed: number;
}

/** A file system of VS Code that is only in memory; `undefined` bytes are a folder. */
export class MemoryFileSystem implements vscode.FileSystemProvider {
  readonly #nodes = new Map<string, Node>([["/", { bytes: undefined, changed: 1 }]]);
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  #clock = 1;
  /** Then nothing can be written. */
  isFull = false;
  readonly onDidChangeFile = this.#changed.event;

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(files)) this.#put(path, Buffer.from(text));
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, changed } = this.#get(uri);
    return { type: bytes ? vscode.FileType.File : vscode.FileType.Directory, ctime: 0, mtime: changed, size: bytes?.length ?? 0 };
  }

  readDirectory(uri: vscode.Uri): [string, vscode.FileType][] {
    if (this.#get(uri).bytes) throw vscode.FileSystemError.FileNotADirectory(uri);
    return [...this.#nodes]
      .filter(([path]) => path !== "/" && posix.dirname(path) === uri.path)
      .map(([path, { bytes }]) => [posix.basename(path), bytes ? vscode.FileType.File : vscode.FileType.Directory]);
  }

  createDirectory(uri: vscode.Uri): void {
    this.#parent(uri);
    if (!this.#nodes.has(uri.path)) this.#put(uri.path, undefined);
  }

  readFile(uri: vscode.Uri): Uint8Array {
    const { bytes } = this.#get(uri);
    if (!bytes) throw vscode.FileSystemError.FileIsADirectory(uri);
    return bytes;
  }

  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    if (this.isFull) throw vscode.FileSystemError.Unavailable("There is no space left.");
    this.#parent(uri);
    const isNew = !this.#nodes.has(uri.path);
    this.#put(uri.path, Buffer.from(bytes));
    this.#changed.fire([{ type: isNew ? vscode.FileChangeType.Created : vscode.FileChangeType.Changed, uri }]);
  }

  delete(uri: vscode.Uri): void {
    this.#get(uri);
    this.#nodes.delete(uri.path);
    this.#changed.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  rename(): never {
    throw vscode.FileSystemError.NoPermissions("Nothing is renamed here.");
  }

  #get(uri: vscode.Uri): Node {
    const node = this.#nodes.get(uri.path);
    if (node === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return node;
  }

  #parent(uri: vscode.Uri): void {
    const parent = this.#nodes.get(posix.dirname(uri.path));
    if (parent === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    if (parent.bytes) throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  #put(path: string, bytes: Uint8Array | undefined): void {
    this.#nodes.set(path, { bytes, changed: ++this.#clock });
  }
}
