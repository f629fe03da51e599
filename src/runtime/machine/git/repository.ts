import { stat } from "node:fs/promises";
import path from "node:path";
import { RuntimeError } from "../../runtime.ts";
import { type GitAnswer, type GitOptions, runGit } from "./runGit.ts";

/** A folder in a work tree. Nothing that the repository's settings name as a filter is run. */
export interface Repository {
  readonly folder: string;
  /** From the root of the work tree to `folder`; empty or with a slash at its end. */
  readonly prefix: string;
  /** The lines of an answer may be any bytes; see runGit. */
  git(args: readonly string[], maxBytes?: number): Promise<GitAnswer>;
  /** One line, or undefined when git refuses. */
  line(args: readonly string[]): Promise<string | undefined>;
}

/** Undefined when `folder` is in no work tree, or is no folder. */
export async function openRepository(folder: string, signal: AbortSignal): Promise<Repository | undefined> {
  if (!path.isAbsolute(folder) || folder.includes("\0")) throw new RuntimeError("invalid-path", `The path must be absolute: ${folder}`);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return undefined;
  const options: GitOptions = { cwd: folder, signal };
  const prefix = lineOf(await runGit(["rev-parse", "--is-inside-work-tree", "--show-prefix"], options))?.split("\n");
  if (prefix === undefined || prefix[0] !== "true") return undefined;
  const settings = await withoutFilters(options);
  const git = (args: readonly string[], maxBytes?: number): Promise<GitAnswer> =>
    runGit(args, { ...options, settings, ...(maxBytes === undefined ? {} : { maxBytes }) });
  return { folder, prefix: prefix[1] ?? "", git, line: async (args) => lineOf(await git(args)) };
}

/** Because comparing a file with the index passes it through the filters that the repository has set for it. */
async function withoutFilters(options: GitOptions): Promise<Record<string, string>> {
  const { stdout } = await runGit(["config", "--name-only", "-z", "--get-regexp", "^filter\\..*"], options);
  const names = new Set(
    stdout
      .toString()
      .split("\0")
      .flatMap((key) => /^filter\.(.+)\.[^.]+$/s.exec(key)?.[1] ?? []),
  );
  const settings: Record<string, string> = {};
  for (const name of names) {
    for (const part of ["clean", "smudge", "process"]) settings[`filter.${name}.${part}`] = "";
    settings[`filter.${name}.required`] = "false";
  }
  return settings;
}

function lineOf({ exitCode, stdout }: GitAnswer): string | undefined {
  return exitCode === 0 ? stdout.toString().replace(/\n$/, "") : undefined;
}

/** The tree of nothing, by which a repository without commits is compared. */
export async function emptyTree(repository: Repository): Promise<string> {
  const isLong = (await repository.line(["rev-parse", "--show-object-format"])) === "sha256";
  return isLong ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321" : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

/** The commit or tree that a work tree is compared with (see the protocol: git). Rejects with RuntimeError when `ref` is none. */
export async function baseOf(repository: Repository, ref: string | undefined): Promise<string> {
  const head = await commitOf(repository, "HEAD");
  if (ref === "HEAD" || head === undefined) {
    if (ref !== undefined && ref !== "HEAD") return (await commitOf(repository, ref)) ?? refuse(ref);
    return head ?? (await emptyTree(repository));
  }
  if (ref !== undefined) return (await commitOf(repository, ref)) ?? refuse(ref);
  const branch = await repository.line(["symbolic-ref", "--short", "-q", "HEAD"]);
  const own = branch === undefined ? undefined : await commitOf(repository, `refs/remotes/origin/${branch}`);
  if (own !== undefined) return own;
  for (const name of ["HEAD", "main", "master"]) {
    const fork = await repository.line(["merge-base", "HEAD", `refs/remotes/origin/${name}`]);
    if (fork) return fork;
  }
  return head;
}

export async function commitOf(repository: Repository, name: string): Promise<string | undefined> {
  return repository.line(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
}

function refuse(ref: string): never {
  throw new RuntimeError("invalid-path", `There is no commit called ${ref}.`);
}
