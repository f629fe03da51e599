import * as z from "zod";
import { RuntimeFault } from "./runtimeApi.ts";

/**
 * The wire of `/api/runtime/workspace`, by which a copy of a workspace is filled, looked at and put right. Every path is below the
 * workspace's folder, with `/` between names; links are told as links and never followed.
 *
 * `PUT workspace` takes a tar (files, folders, symbolic links) and puts it there; files that are there are replaced. It answers an UnpackAnswer.
 * `POST workspace/scan` answers lines of JSON (application/x-ndjson): a WorkspaceEntry for each file and link that is not ignored by git's rules
 * and neither in `.git` nor in `node_modules`, then one ScanEnd. `POST workspace/stat` takes a StatRequest and answers such lines for exactly what
 * was asked for and is there, ignored or not. `POST workspace/read` takes a ReadPartRequest and answers bytes, with the file's version in the
 * header `x-file-version`. `POST workspace/remove` takes a RemoveRequest; what is not there is removed.
 */
export const mostPathCharacters = 4_096;

/** So many paths are asked about at once at most. */
export const mostPathsAsked = 1_000;

const WorkspacePath = z.string().min(1).max(mostPathCharacters);

export const WorkspaceEntry = z.object({
  path: WorkspacePath,
  /** `other`: a folder, a pipe, a socket or a device. */
  type: z.enum(["file", "symlink", "other"]),
  sizeBytes: z.number().int().min(0),
  /** Permission bits. */
  mode: z.number().int().min(0).max(0o7777),
  /** Where a link leads, as it is written. */
  target: z.string().max(mostPathCharacters).optional(),
  /** Changes whenever the content may have changed; compared for equality only. */
  version: z.string().max(200),
  /** Of a file's content, when it was asked for. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Whether the content has a NUL or is not UTF-8; told with `sha256`. */
  isBinary: z.boolean().optional(),
});
export type WorkspaceEntry = z.infer<typeof WorkspaceEntry>;

/** The last line; without it the answer was broken off. `isWhole` is false when there were too many files to tell. */
export const ScanEnd = z.discriminatedUnion("type", [
  z.object({ type: z.literal("end"), isWhole: z.boolean() }),
  z.object({ type: z.literal("error"), fault: RuntimeFault }),
]);
export type ScanEnd = z.infer<typeof ScanEnd>;

export const StatRequest = z.object({ paths: z.array(WorkspacePath).max(mostPathsAsked), withHash: z.boolean() });
export const ReadPartRequest = z.object({
  path: WorkspacePath,
  offset: z.number().int().min(0),
  /** More than so many bytes behind `offset` are refused as `too-large`. */
  maxBytes: z.number().int().min(0),
});
export const RemoveRequest = z.object({ paths: z.array(WorkspacePath).max(mostPathsAsked) });
export const UnpackAnswer = z.object({ entries: z.number().int().min(0), sizeBytes: z.number().int().min(0) });
export type UnpackAnswer = z.infer<typeof UnpackAnswer>;
