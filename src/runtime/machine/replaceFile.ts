import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { access, link, open, readlink, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../protocol/thrown.ts";
import type { WriteOptions } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { isNothingThere, lstatOrUndefined, refuseNonFile, statOrUndefined, versionOf } from "./fileStats.ts";
import { makeFolders } from "./makeFolders.ts";

const mostLinks = 40;

/** Puts `bytes` at `file` in one step (see Files.write): written beside it first, then put in its place. */
export async function replaceFile(file: string, bytes: Uint8Array, { expected, signal }: WriteOptions): Promise<BigIntStats> {
  const { target, before } = await followLinks(file);
  refuseUnexpected(before, expected, file);
  if (before !== undefined) await access(target, constants.W_OK);
  // A name of its own, because one made from the file's could be too long.
  const beside = path.join(path.dirname(target), `.openhands-${randomBytes(6).toString("hex")}.tmp`);
  try {
    const written = await writeNew(beside, bytes, before, signal);
    if (before === undefined) return await putNew(beside, target);
    refuseUnexpected(await lstatOrUndefined(target), expected, file);
    await rename(beside, target);
    return written;
  } catch (error) {
    await removeIfThere(beside);
    throw error;
  }
}

function refuseUnexpected(found: BigIntStats | undefined, expected: string, file: string): void {
  if (found === undefined) {
    if (expected !== "absent") throw new RuntimeError("changed", `${file} has been removed since it was read.`);
    return;
  }
  refuseNonFile(found, file);
  if (expected === "absent") throw new RuntimeError("exists", `${file} is already there.`);
  if (versionOf(found) !== expected) throw new RuntimeError("changed", `${file} has changed since it was read. Read it again.`);
}

/** Where links lead, and what is there. */
async function followLinks(file: string): Promise<{ readonly target: string; readonly before: BigIntStats | undefined }> {
  let target = file;
  for (let count = 0; count < mostLinks; count++) {
    const before = await lstatOrUndefined(target);
    if (before?.isSymbolicLink() !== true) return { target, before };
    target = path.resolve(path.dirname(target), await readlink(target));
  }
  throw new RuntimeError("invalid-path", `The links at ${file} lead in a circle.`);
}

/** Renaming changes nothing of what this gives of the file. */
async function writeNew(beside: string, bytes: Uint8Array, before: BigIntStats | undefined, signal: AbortSignal): Promise<BigIntStats> {
  await using handle = await openNew(beside, before === undefined ? 0o666 : Number(before.mode) & 0o777);
  await handle.writeFile(bytes, { signal });
  const written = await handle.stat({ bigint: true });
  if (before !== undefined) await keepOwnerAndMode(handle, { before, now: written });
  signal.throwIfAborted();
  return written;
}

/** The folder is nearly always there, so that it is made only when it was missing. */
async function openNew(file: string, mode: number): Promise<FileHandle> {
  try {
    return await open(file, "wx", mode);
  } catch (error) {
    if (!isNothingThere(error)) throw error;
  }
  await makeFolder(path.dirname(file));
  return open(file, "wx", mode);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (cause) {
    // Because that is how mkdir says that a file is in the way.
    if (codeOf(cause) !== "EEXIST") throw cause;
    throw new RuntimeError("not-directory", `${folder} is not a directory.`, { cause });
  }
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isNothingThere(error)) throw error;
  }
}

async function keepOwnerAndMode(
  handle: FileHandle,
  { before, now }: { readonly before: BigIntStats; readonly now: BigIntStats },
): Promise<void> {
  const isOwned = now.uid === before.uid && now.gid === before.gid;
  if (isOwned && now.mode === before.mode) return;
  // Because only root may give files away; the content is what was asked for.
  if (!isOwned) await handle.chown(Number(before.uid), Number(before.gid)).catch(() => undefined);
  // After the owner, because a change of owner clears the set-user-id bit.
  await handle.chmod(Number(before.mode) & 0o7777);
}

/** A link fails when something has come there meanwhile; a rename would replace it. */
async function putNew(beside: string, target: string): Promise<BigIntStats> {
  try {
    await link(beside, target);
  } catch (error) {
    const hasNoLinks =
      error instanceof Error &&
      "code" in error &&
      (error.code === "EPERM" || error.code === "ENOTSUP" || error.code === "ENOSYS" || error.code === "EMLINK");
    if (!hasNoLinks) throw error;
    if ((await statOrUndefined(target)) !== undefined) throw new RuntimeError("exists", `${target} is already there.`, { cause: error });
    await rename(beside, target);
    return stat(target, { bigint: true });
  }
  await unlink(beside);
  return stat(target, { bigint: true });
}
