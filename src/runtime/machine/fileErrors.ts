import type { FileErrorCode } from "../../protocol/runtime.ts";
import { RuntimeError } from "../runtime.ts";

type Fault = readonly [code: FileErrorCode, sentence: (path: string) => string];

const faults: Readonly<Record<string, Fault>> = {
  ENOENT: ["not-found", (path) => `There is nothing at ${path}.`],
  EEXIST: ["exists", (path) => `There is already something at ${path}.`],
  EISDIR: ["is-directory", (path) => `${path} is a directory.`],
  ENOTDIR: ["not-directory", (path) => `A part of ${path} is not a directory.`],
  EACCES: ["no-permission", (path) => `This user may not do that with ${path}.`],
  EPERM: ["no-permission", (path) => `This user may not do that with ${path}.`],
  EROFS: ["no-permission", (path) => `${path} is on a file system that is read-only.`],
  ENOSPC: ["disk-full", (path) => `The disk is full: ${path} was not written.`],
  EDQUOT: ["disk-full", (path) => `The user's share of the disk is full: ${path} was not written.`],
  ENAMETOOLONG: ["invalid-path", (path) => `The path is too long: ${path.slice(0, 200)}…`],
  ELOOP: ["invalid-path", (path) => `The links at ${path} lead in a circle.`],
  EBUSY: ["failed", (path) => `${path} cannot be replaced, because it is mounted from elsewhere or in use.`],
};

/** The error of a file operation as a RuntimeError; one that is already one, and an abort, stay as they are. */
export function fileError(error: unknown, path: string, signal: AbortSignal): unknown {
  if (error instanceof RuntimeError || (signal.aborted && error === signal.reason)) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const fault = "code" in cause && typeof cause.code === "string" ? faults[cause.code] : undefined;
  if (fault === undefined) return new RuntimeError("failed", `${path}: ${cause.message}`, { cause });
  const [code, sentence] = fault;
  return new RuntimeError(code, sentence(path), { cause });
}
