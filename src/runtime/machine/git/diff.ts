import { readlink, stat } from "node:fs/promises";
import path from "node:path";
import type { GitDiff } from "../../../protocol/agentServer/base.ts";
import { RuntimeError } from "../../runtime.ts";
import { lstatOrUndefined } from "../fileStats.ts";
import { MachineFiles } from "../machineFiles.ts";
import { checkedPath } from "../transfer/checkedPath.ts";
import { baseOf, commitOf, openRepository, type Repository } from "./repository.ts";

export interface DiffOptions {
  /** What it is compared with; without it, what its branch began with. */
  readonly ref?: string | undefined;
  /** What this commit has made of the file, in place of what it is now. */
  readonly commit?: string | undefined;
  readonly signal: AbortSignal;
}

const mostBytes = 1024 * 1024;

/**
 * A file now and before, as text. Nulls outside a repository; one of them where the file is on one side only. Rejects with RuntimeError when there
 * is no such file on either side, when it has more than 1 MiB, and when `ref` or `commit` is no commit.
 */
export async function gitDiff(file: string, { ref, commit, signal }: DiffOptions): Promise<GitDiff> {
  checkedPath(file);
  const folder = await deepestFolder(path.dirname(file));
  const repository = await openRepository(folder, signal);
  if (repository === undefined) return { modified: null, original: null };
  const name = path.relative(folder, file).split(path.sep).join("/");
  const [original, modified] =
    commit === undefined ? await againstNow(repository, { name, ref, signal }) : await ofCommit(repository, { name, commit });
  if (original === undefined && modified === undefined) throw new RuntimeError("invalid-path", `There is no file at ${file}.`);
  return { modified: textOf(modified), original: textOf(original) };
}

type Sides = readonly [original: Buffer | undefined, modified: Buffer | undefined];

async function againstNow(
  repository: Repository,
  { name, ref, signal }: { readonly name: string; readonly ref: string | undefined; readonly signal: AbortSignal },
): Promise<Sides> {
  const modified = await readNow(path.join(repository.folder, name), signal);
  return [await blob(repository, await baseOf(repository, ref), name), modified];
}

async function ofCommit(repository: Repository, { name, commit }: { readonly name: string; readonly commit: string }): Promise<Sides> {
  const found = await commitOf(repository, commit);
  if (found === undefined) throw new RuntimeError("invalid-path", `There is no commit called ${commit}.`);
  const parent = await commitOf(repository, `${found}^1`);
  return [parent === undefined ? undefined : await blob(repository, parent, name), await blob(repository, found, name)];
}

/** As it is kept: no filter and no converter of text. */
async function blob(repository: Repository, tree: string, name: string): Promise<Buffer | undefined> {
  const { exitCode, stdout, isCut } = await repository.git(["cat-file", "blob", `${tree}:${repository.prefix}${name}`], mostBytes);
  if (isCut) throw new RuntimeError("too-large", `${name} has had more than ${mostBytes} bytes, which is too much to be shown.`);
  return exitCode === 0 ? stdout : undefined;
}

/** A link is what it says, as git keeps it. */
async function readNow(file: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const found = await lstatOrUndefined(file);
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return Buffer.from(await readlink(file));
  return Buffer.from((await new MachineFiles().read(file, { maxBytes: mostBytes, signal })).bytes);
}

/** The file of a folder that has gone is still asked about. */
async function deepestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found?.isDirectory() || at === path.dirname(at)) return at;
  }
}

function textOf(bytes: Buffer | undefined): string | null {
  return bytes === undefined ? null : bytes.toString("utf8").replace(/\r?\n$/, "");
}
