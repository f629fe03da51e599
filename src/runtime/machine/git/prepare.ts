import { stat } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../../runtime.ts";
import { fileError } from "../fileErrors.ts";
import { makeFolders } from "../makeFolders.ts";
import { commitOf, openRepository, type Repository } from "./repository.ts";
import { runGit } from "./runGit.ts";

/** The folder, made when it is missing, in a repository: a new one without a commit where it is in none. Where git is missing it stays a folder. */
export async function prepareFolder(folder: string, signal: AbortSignal): Promise<void> {
  await makeFolders(folder).catch((error: unknown) => Promise.reject(fileError(error, folder, signal)));
  // Most are the root of one, and to ask git takes two processes.
  if (await isFile(path.join(folder, ".git", "HEAD"))) return;
  try {
    if ((await openRepository(folder, signal)) !== undefined) return;
    await runGit(["init", "--quiet", "--template="], { cwd: folder, signal, settings: { "init.defaultBranch": "main" } });
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== "no-shell") throw error;
  }
}

async function isFile(name: string): Promise<boolean> {
  return (await stat(name).catch(() => undefined))?.isFile() ?? false;
}

export interface WorktreeNeeds {
  /** In a repository. */
  readonly folder: string;
  /** A folder of its own for the work tree. */
  readonly place: string;
  readonly branch: string;
  readonly signal: AbortSignal;
}

export interface Worktree {
  readonly root: string;
  /** As `folder` in it. */
  readonly folder: string;
}

/**
 * A work tree on a new branch, from where the remote's main branch is known to be, else from the own one. Nothing is fetched: that could run what
 * the repository's settings name. Undefined outside a repository, and in one without a commit.
 */
export async function addWorktree({ folder, place, branch, signal }: WorktreeNeeds): Promise<Worktree | undefined> {
  const repository = await openRepository(folder, signal);
  const top = await repository?.line(["rev-parse", "--show-toplevel"]);
  if (repository === undefined || top === undefined) return undefined;
  const start = await startOf(repository);
  if (start === undefined) return undefined;
  const root = path.join(place, path.basename(top));
  await makeFolders(place);
  const { exitCode, stderr } = await repository.git(["worktree", "add", "--quiet", "-b", branch, root, start]);
  if (exitCode !== 0) throw new RuntimeError("failed", `git made no work tree: ${stderr.trim()}`);
  return { root, folder: path.resolve(root, repository.prefix) };
}

async function startOf(repository: Repository): Promise<string | undefined> {
  for (const name of ["refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master", "HEAD"]) {
    const commit = await commitOf(repository, name);
    if (commit !== undefined) return commit;
  }
  return undefined;
}
