import type { BigIntStats, Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../protocol/thrown.ts";
import { isNothingThere, lstatOrUndefined } from "./fileStats.ts";
import { type IgnoreRules, isIgnored, withRules } from "./searchIgnore.ts";

/** Something in a tree. */
export interface TreeEntry {
  /** From the tree's folder, with `/` between names. */
  readonly path: string;
  readonly file: string;
  readonly found: BigIntStats;
}

export interface TreeWalk {
  /** What git's ignore files say where none of the tree does. */
  readonly rules: IgnoreRules | undefined;
  readonly signal: AbortSignal;
  /** Takes what git does not ignore: `.git` itself, whether folder or file, which is not entered. Absent: nobody wants it. */
  readonly onGit?: (entry: TreeEntry) => void;
  /** Hears of a folder or file that this user may not look at. */
  readonly onUnreadable?: (path: string) => void;
  /** Whether a path that git ignores is entered or told all the same. */
  readonly keeps?: (path: string, kind: "file" | "directory") => boolean;
  /** Whether one that it does not ignore is neither entered nor told. */
  readonly leavesOut?: (path: string) => boolean;
  /** Hears of what is ignored. */
  readonly onIgnored?: (path: string) => void;
}

interface Folder {
  readonly at: string;
  readonly path: string;
  readonly rules: IgnoreRules | undefined;
  /** Git ignores all of it, but for what it keeps. */
  readonly isIgnored: boolean;
}

const mostIgnoreBytes = 1024 * 1024;

/**
 * What is below `root`, folder by folder, each folder before what is in it: all that git would see, whether or not it is a work tree.
 * Links are not followed; `.git` and `node_modules` are not entered.
 */
export async function* walkWorkspace(root: string, options: TreeWalk): AsyncGenerator<TreeEntry[]> {
  const open: Folder[] = [{ at: root, path: "", rules: options.rules, isIgnored: false }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    options.signal.throwIfAborted();
    const names = await namesIn(folder, options);
    const rules = await rulesIn(folder, { names, outer: options.rules });
    const seen = await look(
      folder,
      names.filter((name) => isSeen(name, { folder, rules, options })),
      options,
    );
    const git = seen.find((entry) => path.basename(entry.file) === ".git");
    if (git !== undefined) options.onGit?.(git);
    const shown = seen.filter((entry) => entry !== git);
    yield shown;
    for (const { file, path: below, found } of shown.toReversed()) {
      if (!found.isDirectory()) continue;
      open.push({ at: file, path: below, rules, isIgnored: folder.isIgnored || isIgnored(file, "directory", rules) });
    }
  }
}

/** All that is below `root`, without any rules. */
export async function* walkWhole(root: string, options: Pick<TreeWalk, "signal" | "onUnreadable">): AsyncGenerator<TreeEntry[]> {
  const open: Folder[] = [{ at: root, path: "", rules: undefined, isIgnored: false }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    options.signal.throwIfAborted();
    const seen = await look(folder, await namesIn(folder, options), options);
    yield seen;
    for (const { file, path: below, found } of seen.toReversed())
      if (found.isDirectory()) open.push({ at: file, path: below, rules: undefined, isIgnored: false });
  }
}

async function namesIn({ at, path: below }: Folder, { onUnreadable }: Pick<TreeWalk, "onUnreadable">): Promise<Dirent[]> {
  try {
    return await readdir(at, { withFileTypes: true });
  } catch (error) {
    // One that has gone meanwhile is not missed.
    if (!isNothingThere(error)) refuseUnlessUnreadable(error, below, onUnreadable);
    return [];
  }
}

function refuseUnlessUnreadable(error: unknown, below: string, onUnreadable: TreeWalk["onUnreadable"]): void {
  if (codeOf(error) !== "EACCES" && codeOf(error) !== "EPERM") throw error;
  onUnreadable?.(below);
}

interface Place {
  readonly folder: Folder;
  readonly rules: IgnoreRules | undefined;
  readonly options: TreeWalk;
}

function isSeen(entry: Dirent, { folder, rules, options }: Place): boolean {
  const { name } = entry;
  if (name === ".git") return options.onGit !== undefined;
  const kind = entry.isDirectory() ? "directory" : "file";
  const below = join(folder.path, name);
  const isDependencies = kind === "directory" && name === "node_modules";
  const isMatched = folder.isIgnored || isIgnored(path.join(folder.at, name), kind, rules);
  const isLeft = isDependencies || (isMatched && options.keeps?.(below, kind) !== true);
  if (isLeft) options.onIgnored?.(below);
  return !isLeft && options.leavesOut?.(below) !== true;
}

async function look(folder: Folder, names: readonly Dirent[], options: Pick<TreeWalk, "onUnreadable">): Promise<TreeEntry[]> {
  const seen = await Promise.all(
    names.map(async ({ name }) => {
      const file = path.join(folder.at, name);
      const below = join(folder.path, name);
      try {
        const found = await lstatOrUndefined(file);
        return found === undefined ? [] : [{ path: below, file, found }];
      } catch (error) {
        refuseUnlessUnreadable(error, below, options.onUnreadable);
        return [];
      }
    }),
  );
  return seen.flat();
}

const join = (above: string, name: string): string => (above === "" ? name : `${above}/${name}`);

/** A folder with a `.git` begins a work tree of its own. */
async function rulesIn(
  { at, rules }: Folder,
  { names, outer }: { readonly names: readonly Dirent[]; readonly outer: IgnoreRules | undefined },
): Promise<IgnoreRules | undefined> {
  const has = (wanted: string): boolean => names.some(({ name }) => name === wanted);
  const begun = has(".git") ? withRules(await textOf(path.join(at, ".git", "info", "exclude")), at, outer) : rules;
  return has(".gitignore") ? withRules(await textOf(path.join(at, ".gitignore")), at, begun) : begun;
}

/** Empty when there is none that can be read. */
async function textOf(file: string): Promise<string> {
  const found = await lstatOrUndefined(file);
  if (found?.isFile() !== true || found.size > mostIgnoreBytes) return "";
  return readFile(file, "utf8").catch(() => "");
}
