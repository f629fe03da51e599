import { hash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { LeftOut } from "../../protocol/sandbox.ts";
import { codeOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";

/** A file or link as both sides last had it in common. */
export const BaseEntry = z.object({
  path: z.string(),
  type: z.enum(["file", "symlink"]),
  sizeBytes: z.number(),
  mode: z.number(),
  /** Of the content; of the target's text for a link. */
  sha256: z.string(),
  /** What the sandbox said of its file then. */
  version: z.string(),
  target: z.string().optional(),
  /** Where the content is in the pack; absent: it is not kept, because it is no text or too large. */
  packedAt: z.number().optional(),
});
export type BaseEntry = z.infer<typeof BaseEntry>;

const Manifest = z.object({ version: z.literal(1), leftOut: LeftOut, entries: z.array(BaseEntry) });
type Manifest = z.infer<typeof Manifest>;

/** Text of at most so many bytes is kept. */
export const mostPackedBytes = 1024 * 1024;
const mostUnwrittenBytes = 1024 * 1024;

const manifestName = "base.json";
const packName = "base.pack";

export const sha256Of = (bytes: Uint8Array | string): string => hash("sha256", bytes);

/**
 * What a copy of a workspace was made from, kept on this machine where the sandbox cannot change it: a manifest, and the contents of its text
 * files. The manifest is replaced in one step and names only what is in the pack already, so that a crash leaves the old state or the new.
 */
export class Base implements AsyncDisposable {
  readonly #folder: string;
  readonly #pack: FileHandle;
  readonly #entries: Map<string, BaseEntry>;
  readonly leftOut: LeftOut;
  /** Of the manifest that was read or written last. */
  #stamp: string;
  /** Where the pack ends once all is written. */
  #end: number;
  /** The end of the pack that is not written yet: many small pieces are written at once. */
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    pack: FileHandle,
    state: { readonly manifest: Manifest; readonly end: number; readonly stamp: string },
  ) {
    this.#folder = folder;
    this.#stamp = state.stamp;
    this.#pack = pack;
    this.#entries = new Map(state.manifest.entries.map((entry) => [entry.path, entry]));
    this.leftOut = state.manifest.leftOut;
    this.#end = state.end;
  }

  /** Undefined when no copy has been made, or not to its end. Rejects with a RuntimeError when what is there cannot be read. */
  static async open(folder: string): Promise<Base | undefined> {
    const stamp = await manifestStamp(folder);
    const manifest = await readManifest(folder);
    if (manifest === undefined) return undefined;
    const pack = await open(path.join(folder, packName), "r+");
    return new Base(folder, pack, { manifest, stamp, end: (await pack.stat()).size });
  }

  /** Begins a new one in place of any that is there. It is there for good only once it is saved. */
  static async create(folder: string): Promise<Base> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeBase(folder);
    const pack = await open(path.join(folder, packName), "wx+", 0o600);
    return new Base(folder, pack, { manifest: { version: 1, leftOut: { secrets: [], notes: [] }, entries: [] }, stamp: "", end: 0 });
  }

  /** False when another one has been saved there since, or none is there any more. */
  async isNewest(): Promise<boolean> {
    return (await manifestStamp(this.#folder)) === this.#stamp;
  }

  get entries(): ReadonlyMap<string, BaseEntry> {
    return this.#entries;
  }

  /** Undefined when the content is not kept, or is another one: the disk may have been full. */
  async content({ packedAt, sizeBytes, sha256 }: BaseEntry): Promise<Uint8Array | undefined> {
    if (packedAt === undefined) return undefined;
    await this.#write();
    const { buffer, bytesRead } = await this.#pack.read(Buffer.alloc(sizeBytes), 0, sizeBytes, packedAt);
    return bytesRead === sizeBytes && sha256Of(buffer) === sha256 ? buffer : undefined;
  }

  /** Takes an entry in; with its content if that is to be kept. One at a time. */
  async set(entry: Omit<BaseEntry, "packedAt">, content: Uint8Array | undefined): Promise<void> {
    if (content === undefined || content.length > mostPackedBytes) {
      this.#entries.set(entry.path, entry);
      return;
    }
    const packedAt = this.#end;
    this.#end += content.length;
    this.#unwritten.push(content);
    this.#unwrittenBytes += content.length;
    this.#entries.set(entry.path, { ...entry, packedAt });
    if (this.#unwrittenBytes >= mostUnwrittenBytes) await this.#write();
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#unwritten);
    const at = this.#end - bytes.length;
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    const before = this.#writing;
    this.#writing = before.then(async () => void (bytes.length > 0 && (await this.#pack.write(bytes, 0, bytes.length, at))));
    await this.#writing;
  }

  setVersion(path: string, version: string): void {
    const entry = this.#entries.get(path);
    if (entry !== undefined) this.#entries.set(path, { ...entry, version });
  }

  delete(path: string): void {
    this.#entries.delete(path);
  }

  async save(leftOut: LeftOut = this.leftOut): Promise<void> {
    await this.#write();
    await this.#pack.sync();
    const manifest: Manifest = { version: 1, leftOut, entries: [...this.#entries.values()] };
    await replaceWhole(path.join(this.#folder, manifestName), JSON.stringify(manifest));
    this.#stamp = await manifestStamp(this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pack.close();
  }
}

/** Afterwards no copy has been made. */
export async function removeBase(folder: string): Promise<void> {
  for (const name of [manifestName, packName]) await rm(path.join(folder, name), { force: true });
}

/** What was left out of the copy; undefined when no copy has been made. */
export async function readLeftOut(folder: string): Promise<LeftOut | undefined> {
  return (await readManifest(folder))?.leftOut;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = path.join(folder, manifestName);
  try {
    return Manifest.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new RuntimeError("failed", `What the sandbox was copied from cannot be read (${file}). Its files are kept in the sandbox.`, {
      cause,
    });
  }
}

/** Another one for each manifest; empty when there is none. */
async function manifestStamp(folder: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(path.join(folder, manifestName), { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}

async function replaceWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.tmp`;
  {
    await using handle = await open(beside, "w", 0o600);
    await handle.writeFile(text);
    await handle.sync();
  }
  await rename(beside, file);
}
