import { constants } from "node:fs";
import { chmod, mkdir, open, symlink, unlink, utimes } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import type { UnpackAnswer } from "../../protocol/workspaceApi.ts";
import { RuntimeError } from "../runtime.ts";
import { AtOnce } from "./atOnce.ts";
import { fileError } from "./fileErrors.ts";
import { isNothingThere, lstatOrUndefined } from "./fileStats.ts";
import { LinkFreeFolder } from "./workspacePath.ts";

const mostEntries = 2_000_000;
const mostBytes = 100 * 1024 ** 3;
/** Files of at most so many bytes are written side by side; larger ones as they come. */
const smallBytes = 256 * 1024;
const mostAtOnce = 16;

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
    await unpacking.settled();
    signal.throwIfAborted();
    throw fileError(error, "The workspace", signal);
  }
}

class Unpacking {
  readonly #folder: LinkFreeFolder;
  readonly #work = new AtOnce(mostAtOnce);
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
    await this.#work.done();
    for (const { file, header } of this.#links) {
      await this.#makeFolder(path.dirname(file));
      await removeLeaf(file);
      await symlink(header.linkname, file);
    }
    for (const { file, header } of this.#folders.toReversed()) {
      await chmod(file, header.mode & 0o777);
      await utimes(file, header.mtime, header.mtime);
    }
    return { entries: this.#entries, sizeBytes: this.#sizeBytes };
  }

  settled(): Promise<void> {
    return this.#work.settled();
  }

  async #takeFile(file: string, entry: Entry): Promise<void> {
    await this.#makeFolder(path.dirname(file));
    if (entry.header.size > smallBytes) return writeOne(file, entry.header, bytesOf(entry));
    const parts: Uint8Array[] = [];
    for await (const part of bytesOf(entry)) parts.push(part);
    await this.#work.begin(() => writeOne(file, entry.header, parts));
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await mkdir(folder, { recursive: true });
    this.#made.add(folder);
  }
}

async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const part of entry) if (part instanceof Uint8Array) yield part;
}

async function writeOne(file: string, header: Header, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const mode = header.mode & 0o777;
  await using handle = await openNew(file, mode);
  for await (const part of parts) await handle.writeFile(part);
  // Again, because the process's mask has taken something away.
  await handle.chmod(mode);
  await handle.utimes(header.mtime, header.mtime);
}

/** Never the old file itself, because that may have other names. */
async function openNew(file: string, mode: number) {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return await open(file, flags, mode);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    await removeLeaf(file);
    return open(file, flags, mode);
  }
}

async function removeLeaf(file: string): Promise<void> {
  const found = await lstatOrUndefined(file);
  if (found === undefined) return;
  if (found.isDirectory()) throw new RuntimeError("is-directory", `${file} is a folder now.`);
  await unlink(file).catch((error: unknown) => {
    if (!isNothingThere(error)) throw error;
  });
}
