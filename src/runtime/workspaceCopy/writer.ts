import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import path from "node:path";
import { isNothingThere, lstatOrUndefined } from "../machine/fileStats.ts";
import { type Files, RuntimeError } from "../runtime.ts";
import { sha256Of } from "./base.ts";
import { type HostPlace, linkRefusal, stillThere } from "./hostPlace.ts";

/** Files of more bytes are neither compared nor written. */
export const mostFileBytes = 100 * 1024 * 1024;

/** What the person has at a place. `sha256` is that of the content, or of a link's target. */
export type HostState =
  | { readonly type: "absent" }
  | { readonly type: "file"; readonly sha256: string; readonly isExecutable: boolean; readonly bytes: Uint8Array; readonly version: string }
  | { readonly type: "symlink"; readonly sha256: string; readonly target: string };

interface Writing {
  /** What was looked at when it was decided to write; anything else there is left as it is. */
  readonly expected: HostState;
  readonly signal: AbortSignal;
}

/**
 * The one way by which anything from a sandbox reaches the person's disk. A place has been named safely (hostPlace); here it is looked at again
 * right before, and what has changed meanwhile is not touched: every method rejects with a RuntimeError then.
 */
export class HostWriter {
  readonly #files: Files;

  /** Contents go through `files`, so that an editor keeps what is open in it. */
  constructor(files: Files) {
    this.#files = files;
  }

  async look({ file }: HostPlace, signal: AbortSignal): Promise<HostState> {
    const found = await lstatOrUndefined(file);
    if (found === undefined) return { type: "absent" };
    if (found.isSymbolicLink()) {
      const target = await readlink(file);
      return { type: "symlink", sha256: sha256Of(target), target };
    }
    const { bytes, version } = await this.#files.read(file, { maxBytes: mostFileBytes, signal });
    return { type: "file", sha256: sha256Of(bytes), isExecutable: (Number(found.mode) & 0o100) !== 0, bytes, version };
  }

  /** `isExecutable` undefined: as it is. */
  async writeFile(
    place: HostPlace,
    content: { readonly bytes: Uint8Array; readonly isExecutable: boolean | undefined },
    { expected, signal }: Writing,
  ): Promise<void> {
    const now = await this.#checked(place, { expected, signal });
    if (now.type === "symlink") await replaceLink(place.file, content.bytes);
    else if (now.type === "absent") await this.#files.write(place.file, content.bytes, { expected: "absent", signal });
    else if (now.sha256 !== sha256Of(content.bytes)) await this.#files.write(place.file, content.bytes, { expected: now.version, signal });
    if (content.isExecutable !== undefined) await setExecutable(place.file, content.isExecutable);
  }

  async writeLink(place: HostPlace, target: string, { expected, signal }: Writing): Promise<void> {
    const refusal = await linkRefusal(place, target);
    if (refusal !== undefined) throw new RuntimeError("invalid-path", refusal);
    await this.#checked(place, { expected, signal });
    await mkdir(path.dirname(place.file), { recursive: true });
    const beside = besideOf(place.file);
    await symlink(target, beside);
    await putInPlace(beside, place.file);
  }

  /** Folders that are empty then go with it. */
  async remove(place: HostPlace, { expected, signal }: Writing): Promise<void> {
    if ((await this.#checked(place, { expected, signal })).type === "absent") return;
    await unlink(place.file);
    await removeEmptyFolders(path.dirname(place.file), place.root);
  }

  async #checked(place: HostPlace, { expected, signal }: Writing): Promise<HostState> {
    const obstacle = await stillThere(place);
    if (obstacle !== undefined) throw new RuntimeError("invalid-path", obstacle);
    const now = await this.look(place, signal);
    if (!isSame(now, expected)) throw new RuntimeError("changed", "It has changed meanwhile, so that nothing was written.");
    return now;
  }
}

export function isSame(one: HostState, other: HostState): boolean {
  if (one.type === "absent" || other.type === "absent") return one.type === other.type;
  return one.type === other.type && one.sha256 === other.sha256;
}

const besideOf = (file: string): string => path.join(path.dirname(file), `.openhands-${randomBytes(6).toString("hex")}.tmp`);

/** An editor knows nothing of links, so that this file does not go through one. */
async function replaceLink(file: string, bytes: Uint8Array): Promise<void> {
  const beside = besideOf(file);
  {
    await using handle = await open(beside, "wx", 0o666);
    await handle.writeFile(bytes);
  }
  await putInPlace(beside, file);
}

async function putInPlace(beside: string, file: string): Promise<void> {
  try {
    await rename(beside, file);
  } catch (error) {
    await unlink(beside);
    throw error;
  }
}

/** Who may read it may run it then. Only an ordinary file, and never through a link. */
async function setExecutable(file: string, isExecutable: boolean): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = await handle.stat();
  const mode = found.mode & 0o7777;
  const wanted = isExecutable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
  if (found.isFile() && wanted !== mode) await handle.chmod(wanted);
}

async function removeEmptyFolders(from: string, root: string): Promise<void> {
  for (let folder = from; folder !== root && folder.startsWith(root); folder = path.dirname(folder)) {
    try {
      if (!(await lstat(folder)).isDirectory()) return;
      await rmdir(folder);
    } catch (error) {
      // Because one that is not empty stays, which is no failure; nor is one that has gone.
      if (!isNothingThere(error)) return;
    }
  }
}
