import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { codeOf, messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { killOrphans } from "./endShells.ts";
import { terminalMark } from "./environment.ts";

/** A rest of an earlier text that is longer than this is cut off, and not written over, because the shell reads it too. */
const longestRest = 16 * 1024;

const namePrefix = "openhands-shell-";

/**
 * A folder that only we may enter, for what the shell reads; removed with its terminal. Those of processes that were killed are removed, and
 * what ran in their terminals is ended.
 */
export class PrivateFolder implements AsyncDisposable {
  readonly #path: string;
  /** What cannot be cleared up (a full table of files, a folder that is held) is left to the next one. */
  readonly #sweeping = sweep().catch(() => undefined);
  #file: { readonly path: string; readonly fd: number; size: number } | undefined;

  private constructor(folder: string) {
    this.#path = folder;
  }

  /** In the folder for temporary files, or where one always is when that cannot be used. Rejects with RuntimeError. */
  static async open(): Promise<PrivateFolder> {
    const parents = new Set([tmpdir(), "/tmp"]);
    const causes: unknown[] = [];
    for (const parent of parents) {
      try {
        return new PrivateFolder(await mkdtemp(path.join(parent, `${namePrefix}${process.pid}-`)));
      } catch (cause) {
        causes.push(cause);
      }
    }
    const message = `No folder for temporary files can be made in ${[...parents].join(" or ")}. Commands need one: make room there, or set TMPDIR.`;
    throw new RuntimeError("failed", message, { cause: causes[0] });
  }

  /** Nobody else's is called so. */
  get name(): string {
    return path.basename(this.#path);
  }

  pathOf(name: string): string {
    return path.join(this.#path, name);
  }

  /** Makes a folder in it that is not there yet. */
  makeFolder(name: string): void {
    try {
      this.#inFolder(() => mkdirSync(this.pathOf(name), { mode: 0o700 }));
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }

  /** Writes a file and gives its path. The folder is made again when a command has removed it. */
  write(name: string, text: string): string {
    const file = path.join(this.#path, name);
    explain(this.#path, () => this.#inFolder(() => writeFileSync(file, text, { mode: 0o600 })));
    return file;
  }

  /**
   * Writes the begin of the one file that the shell reads for every command, and gives its path. Line breaks
   * may follow `text` in it, over an earlier one.
   *
   * Synchronous and over what is there, because it stands between every command and its shell: a new file costs 0.4 ms
   * on an ordinary disk, and this 0.01 ms.
   */
  rewrite(text: string): string {
    return explain(this.#path, () => {
      const file = this.#openFile();
      const textBytes = Buffer.from(text);
      const restBytes = file.size - textBytes.length;
      if (restBytes > longestRest) ftruncateSync(file.fd);
      const bytes = restBytes > 0 && restBytes <= longestRest ? Buffer.concat([textBytes, Buffer.alloc(restBytes, "\n")]) : textBytes;
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at, bytes.length - at, at);
      file.size = bytes.length;
      return file.path;
    });
  }

  /** Empties the file of the last `rewrite`, which the shell has read. */
  erase(): void {
    if (this.#file === undefined) return;
    ftruncateSync(this.#file.fd);
    this.#file.size = 0;
  }

  /** Makes the next `rewrite` begin with a new file. */
  forget(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.forget();
    await this.#sweeping;
    await rm(this.#path, { recursive: true, force: true });
  }

  #openFile(): { readonly path: string; readonly fd: number; size: number } {
    // Because a command may have removed it: then it still can be written, but nobody can read it.
    if (this.#file !== undefined && fstatSync(this.#file.fd).nlink > 0) return this.#file;
    this.forget();
    const file = path.join(this.#path, "command");
    this.#file = { path: file, fd: this.#inFolder(() => openSync(file, "w", 0o600)), size: 0 };
    return this.#file;
  }

  #inFolder<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      // Because `rm -rf /tmp/*` is an ordinary command. Not recursive: a folder that somebody else has put there must not be used.
      mkdirSync(this.#path, { mode: 0o700 });
      return action();
    }
  }
}

/** Clears up after those who could not. What a terminal of theirs still runs is known by the folder's name. */
async function sweep(): Promise<void> {
  const folders = await abandonedFolders();
  await killOrphans(folders.map((folder) => terminalMark(path.basename(folder))));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

/** Those of this user whose process is not there any more: a killed one cannot clean up after itself. */
async function abandonedFolders(): Promise<string[]> {
  const names = await readdir(tmpdir()).catch(() => []);
  const owned = names.filter((name) => isAbandoned(name)).map((name) => path.join(tmpdir(), name));
  const owners = await Promise.all(
    owned.map((folder) =>
      stat(folder).then(
        ({ uid }) => uid,
        () => undefined,
      ),
    ),
  );
  return owned.filter((_, index) => owners[index] === process.getuid?.());
}

function isAbandoned(name: string): boolean {
  const [, pid] = /^openhands-shell-(\d+)-\w+$/.exec(name) ?? [];
  return pid !== undefined && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

function explain<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (codeOf(cause) === "ENOSPC")
      throw new RuntimeError("disk-full", `The command cannot be handed to the shell: the disk of ${folder} is full.`, { cause });
    throw new RuntimeError("failed", `The command cannot be handed to the shell through ${folder}: ${messageOf(cause)}`, { cause });
  }
}
