import { constants } from "node:fs";
import { open, realpath, unlink } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { ScanEnd, UnpackAnswer, WorkspaceEntry } from "../../protocol/workspaceApi.ts";
import { type FileContent, RuntimeError } from "../runtime.ts";
import { fileError } from "./fileErrors.ts";
import { isNothingThere, refuseNonFile } from "./fileStats.ts";
import { LinkFreeFolder } from "./workspacePath.ts";
import { entryAt, entryOf, stampOf } from "./workspaceStamps.ts";
import { unpackWorkspace } from "./workspaceUnpack.ts";
import { walkWorkspace } from "./workspaceWalk.ts";

/** A scan tells so many files at most. */
const mostTold = 500_000;
const mostAtOnce = 16;

export interface PartRequest {
  readonly path: string;
  readonly offset: number;
  readonly maxBytes: number;
}

/** The side of sandbox-server that a workspace's copy is in; see protocol/workspaceApi. Every method rejects with a RuntimeError. */
export interface MachineWorkspace {
  unpack(tar: Readable, signal: AbortSignal): Promise<UnpackAnswer>;
  scan(signal: AbortSignal): AsyncIterable<readonly (WorkspaceEntry | ScanEnd)[]>;
  stat(
    paths: readonly string[],
    options: { readonly withHash: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<readonly (WorkspaceEntry | ScanEnd)[]>;
  read(request: PartRequest, signal: AbortSignal): Promise<FileContent>;
  remove(paths: readonly string[], signal: AbortSignal): Promise<void>;
}

export function machineWorkspace(root: string): MachineWorkspace {
  return {
    unpack: (tar, signal) => unpackWorkspace(root, tar, signal),
    scan: (signal) => scan(root, signal),
    stat: (paths, options) => statAll(root, paths, options),
    read: (request, signal) => readPart(root, request, signal),
    remove: (paths, signal) => removeAll(root, paths, signal),
  };
}

async function* scan(root: string, signal: AbortSignal): AsyncGenerator<readonly (WorkspaceEntry | ScanEnd)[]> {
  let told = 0;
  for await (const found of walkWorkspace(await realpath(root), { rules: undefined, signal })) {
    const files = found.filter((entry) => entry.found.isFile() || entry.found.isSymbolicLink());
    told += files.length;
    if (told > mostTold) break;
    yield (await Promise.all(files.map(({ found: stats, file, path }) => unlessGone(entryOf(stats, { file, path }))))).flat();
  }
  yield [{ type: "end", isWhole: told <= mostTold }];
}

async function unlessGone(entry: Promise<WorkspaceEntry | undefined>): Promise<WorkspaceEntry[]> {
  try {
    const found = await entry;
    return found === undefined ? [] : [found];
  } catch (error) {
    if (!isNothingThere(error)) throw error;
    return [];
  }
}

async function* statAll(
  root: string,
  paths: readonly string[],
  { withHash, signal }: { readonly withHash: boolean; readonly signal: AbortSignal },
): AsyncGenerator<readonly (WorkspaceEntry | ScanEnd)[]> {
  const folder = await LinkFreeFolder.open(root);
  const statOne = async (path: string): Promise<WorkspaceEntry | undefined> => {
    try {
      return await entryAt(await folder.at(path), { path, withHash, signal });
    } catch (error) {
      // A folder above it has become something else: there is nothing there any more.
      if (error instanceof RuntimeError && error.code === "not-directory") return undefined;
      throw isNothingThere(error) ? error : fileError(error, path, signal);
    }
  };
  for (let start = 0; start < paths.length; start += mostAtOnce) {
    signal.throwIfAborted();
    const portion = paths.slice(start, start + mostAtOnce);
    yield (await Promise.all(portion.map((path) => unlessGone(statOne(path))))).flat();
  }
  yield [{ type: "end", isWhole: true }];
}

async function readPart(root: string, { path, offset, maxBytes }: PartRequest, signal: AbortSignal): Promise<FileContent> {
  try {
    const file = await (await LinkFreeFolder.open(root)).at(path);
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0));
    const found = await handle.stat({ bigint: true });
    refuseNonFile(found, path);
    const length = Math.max(0, Number(found.size) - offset);
    if (length > maxBytes) throw new RuntimeError("too-large", `${path} has more than ${maxBytes} bytes.`);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return { bytes: buffer.subarray(0, bytesRead), version: stampOf(found) };
  } catch (error) {
    throw fileError(error, path, signal);
  }
}

async function removeAll(root: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
  const folder = await LinkFreeFolder.open(root);
  for (const path of paths) {
    signal.throwIfAborted();
    try {
      await unlink(await folder.at(path));
    } catch (error) {
      if (!isNothingThere(error)) throw fileError(error, path, signal);
    }
  }
}
