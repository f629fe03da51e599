import type { BigIntStats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import type { FileStat } from "../../protocol/runtime.ts";
import { RuntimeError } from "../runtime.ts";

/** Changes with every content: time of writing, size, and which file it is. */
export function versionOf(found: BigIntStats): string {
  return `${found.mtimeNs}-${found.size}-${found.ino}`;
}

/** Follows links; a link that leads nowhere is there itself. */
export async function statOrUndefined(file: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    if (!isNothingThere(error)) throw error;
  }
  try {
    return await lstat(file, { bigint: true });
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

function isNothingThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

export function toFileStat(found: BigIntStats): FileStat {
  return { kind: kindOf(found), sizeBytes: Number(found.size), version: versionOf(found) };
}

export function kindOf(found: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileStat["kind"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symlink" : "other";
}
