import { readdir } from "node:fs/promises";
import path from "node:path";
import type { GitChange } from "../../../protocol/agentServer/base.ts";
import { RuntimeError } from "../../runtime.ts";
import { lstatOrUndefined } from "../fileStats.ts";
import { baseOf, commitOf, emptyTree, openRepository, type Repository } from "./repository.ts";
import type { GitAnswer } from "./runGit.ts";

/** Names as they are, one status for each: a rename is a file that has gone and one that has come. */
const plainly = ["--name-status", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty"];

const mostNested = 100;

/**
 * What differs in `folder` from `ref`, or from what its branch began with, sorted by path; files that git does not know yet are added ones. One
 * level of repositories in it is included. Empty outside a repository. Rejects with RuntimeError when `ref` is no commit.
 */
export async function gitChanges(folder: string, ref: string | undefined, signal: AbortSignal): Promise<GitChange[]> {
  const repository = await openRepository(folder, signal);
  const nested = await nestedFolders(folder);
  const own = repository === undefined ? [] : await changesOf(repository, ref);
  const changes = own.filter(({ path: file }) => !nested.some((name) => file === name || file.startsWith(`${name}/`)));
  for (const name of nested) {
    const inner = await openRepository(path.join(folder, name), signal);
    // Because a name that means something here need not be known there.
    const innerRef = ref === undefined || inner === undefined || (await commitOf(inner, ref)) === undefined ? "HEAD" : ref;
    const found = inner === undefined ? [] : await changesOf(inner, ref === undefined ? undefined : innerRef);
    changes.push(...found.map((change) => ({ ...change, path: `${name}/${change.path}` })));
  }
  return sorted(changes);
}

/** What a commit changed against its first parent, below `folder`. Rejects with RuntimeError when there is no such commit. */
export async function gitCommitChanges(folder: string, sha: string, signal: AbortSignal): Promise<GitChange[]> {
  const repository = await openRepository(folder, signal);
  if (repository === undefined) return [];
  const commit = await commitOf(repository, sha);
  if (commit === undefined) throw new RuntimeError("invalid-path", `There is no commit called ${sha}.`);
  const parent = (await commitOf(repository, `${commit}^1`)) ?? (await emptyTree(repository));
  return sorted(read(await repository.git(["diff-tree", "-r", "--relative", ...plainly, parent, commit])));
}

async function changesOf(repository: Repository, ref: string | undefined): Promise<GitChange[]> {
  const base = await baseOf(repository, ref);
  const known = read(await repository.git(["diff", "--relative", ...plainly, base, "--"]));
  const listed = await repository.git(["ls-files", "--others", "--exclude-standard", "-z"]);
  const others = fieldsOf(listed).map((file) => ({ status: "ADDED" as const, path: file.replace(/\/$/, "") }));
  const again = new Set(others.map(({ path: file }) => file));
  // One that was taken out of the index and is still there has changed, if anything.
  return [...known.filter(({ path: file }) => !again.has(file)), ...others];
}

/** The folders in `folder` that are repositories of their own. */
async function nestedFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && entry.name !== ".git")
      .map(async ({ name }) => ((await lstatOrUndefined(path.join(folder, name, ".git"))) === undefined ? [] : [name])),
  );
  return found.flat().slice(0, mostNested);
}

function read(answer: GitAnswer): GitChange[] {
  const fields = fieldsOf(answer);
  const changes: GitChange[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) changes.push({ status: statusOf(fields[at] ?? ""), path: fields[at + 1] ?? "" });
  return changes;
}

function fieldsOf({ exitCode, stdout, stderr, isCut }: GitAnswer): string[] {
  if (isCut) throw new RuntimeError("too-large", "There are too many changes to be listed.");
  if (exitCode !== 0) throw new RuntimeError("failed", `git failed: ${stderr.trim()}`);
  return stdout.toString().split("\0").slice(0, -1);
}

function statusOf(letter: string): GitChange["status"] {
  if (letter.startsWith("A")) return "ADDED";
  return letter.startsWith("D") ? "DELETED" : "UPDATED";
}

function sorted(changes: GitChange[]): GitChange[] {
  return changes.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}
