import { type BigIntStats, lstatSync } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import type { FileStat } from "../../protocol/runtime.ts";
import { codeOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";

/** Changes with every content: time of writing, size, and which file it is. */
export function versionOf(found: BigIntStats): string {
  return `${found.mtimeNs}-${found.size}-${found.ino}`;
}

/** Follows links; a link that leads nowhere is there itself. */
export async function statOrUndefined(file: string): Promise<BigIntStats | undefined> {
  const found = await lstatOrUndefined(file);
  if (found?.isSymbolicLink() !== true) return found;
  return (await unlessMissing(stat(file, { bigint: true }))) ?? found;
}

/** Does not follow a link. */
export function lstatOrUndefined(file: string): Promise<BigIntStats | undefined> {
  return unlessMissing(lstat(file, { bigint: true }));
}

/** The same by a call that waits, for thousands of files in a sandbox. */
export function lstatNow(file: string): BigIntStats | undefined {
  return lstatSync(file, { bigint: true, throwIfNoEntry: false });
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (!isNothingThere(error)) throw error;
    return undefined;
  }
}

/** Rejects what is not an ordinary file. */
export function refuseNonFile(found: BigIntStats, file: string): void {
  if (found.isFile()) return;
  if (found.isDirectory()) throw new RuntimeError("is-directory", `${file} is a directory.`);
  throw new RuntimeError("not-a-file", `${file} is not an ordinary file, but a pipe, socket or device.`);
}

export function isNothingThere(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

export function toFileStat(found: BigIntStats): FileStat {
  return { kind: kindOf(found), sizeBytes: Number(found.size), version: versionOf(found) };
}

export function kindOf(found: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileStat["kind"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symlink" : "other";
}
