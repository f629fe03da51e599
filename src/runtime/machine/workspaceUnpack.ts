import { closeSync, constants, fchmodSync, futimesSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { chmod, mkdir, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { codeOf } from "../../protocol/thrown.ts";
import type { UnpackAnswer } from "../../protocol/workspaceApi.ts";
import { RuntimeError } from "../runtime.ts";
import { fileError } from "./fileErrors.ts";
import { lstatNow } from "./fileStats.ts";
import { LinkFreeFolder } from "./workspacePath.ts";

const mostEntries = 2_000_000;
const mostBytes = 100 * 1024 ** 3;
interface Entry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): void;
}

interface Later {
  readonly file: string;
  readonly header: Header;
}

/**
 * Puts what is in `tar` below `root`, with modes and times; a file or link that is there is replaced. What fails or is aborted leaves what was
 * put there until then. Links come last, so that nothing of the same tar goes through one.
 */
export async function unpackWorkspace(root: string, tar: Readable, signal: AbortSignal): Promise<UnpackAnswer> {
  const unpacking = await Unpacking.open(root);
  const extraction = extract();
  // Nothing may be awaited between this and the loop, because entries that nobody listens for are lost.
  const fed = pipeline(tar, extraction, { signal });
  fed.catch(() => undefined);
  try {
    for await (const entry of extraction) {
      signal.throwIfAborted();
      await unpacking.take(entry);
    }
    await fed;
    return await unpacking.finish();
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, root, signal);
  }
}

class Unpacking {
  readonly #folder: LinkFreeFolder;
  readonly #made = new Set<string>();
  readonly #folders: Later[] = [];
  readonly #links: Later[] = [];
  #entries = 0;
  #sizeBytes = 0;

  private constructor(folder: LinkFreeFolder) {
    this.#folder = folder;
  }

  static async open(root: string): Promise<Unpacking> {
    return new Unpacking(await LinkFreeFolder.open(root));
  }

  async take(entry: Entry): Promise<void> {
    const { header } = entry;
    this.#entries++;
    this.#sizeBytes += header.size;
    if (this.#entries > mostEntries || this.#sizeBytes > mostBytes)
      throw new RuntimeError("too-large", "The workspace has too many files, or files that are too large.");
    const file = await this.#folder.at(header.name);
    if (header.type === "file") return this.#takeFile(file, entry);
    entry.resume();
    if (header.type === "directory") {
      await this.#makeFolder(file);
      this.#folders.push({ file, header });
    } else if (header.type === "symlink") this.#links.push({ file, header });
    else throw new RuntimeError("not-a-file", `${header.name} is neither a file nor a folder nor a link.`);
  }

  async finish(): Promise<UnpackAnswer> {
    for (const { file, header } of this.#links) {
      await this.#makeFolder(path.dirname(file));
      removeLeaf(file);
      await symlink(header.linkname, file);
    }
    for (const { file, header } of this.#folders.toReversed()) {
      await chmod(file, header.mode & 0o777);
      await utimes(file, header.mtime, header.mtime);
    }
    return { entries: this.#entries, sizeBytes: this.#sizeBytes };
  }

  async #takeFile(file: string, entry: Entry): Promise<void> {
    await this.#makeFolder(path.dirname(file));
    await writeOne(file, entry);
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await mkdir(folder, { recursive: true });
    this.#made.add(folder);
  }
}

/** By calls that wait: a copy has thousands of files, and for each call the way through the thread pool costs far more than the call. */
async function writeOne(file: string, entry: Entry): Promise<void> {
  const { mode, mtime } = entry.header;
  const descriptor = openNew(file, mode & 0o777);
  try {
    for await (const part of entry) if (part instanceof Uint8Array) writeFileSync(descriptor, part);
    // Again, because the process's mask has taken something away.
    fchmodSync(descriptor, mode & 0o777);
    futimesSync(descriptor, mtime, mtime);
  } finally {
    closeSync(descriptor);
  }
}

/** Never the old file itself, because that may have other names. */
function openNew(file: string, mode: number): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return openSync(file, flags, mode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    removeLeaf(file);
    return openSync(file, flags, mode);
  }
}

function removeLeaf(file: string): void {
  const found = lstatNow(file);
  if (found === undefined) return;
  if (found.isDirectory()) throw new RuntimeError("is-directory", `${file} is a folder now.`);
  unlinkSync(file);
}
