import path from "node:path";
import type { DirectoryEntry, FoundFile, GrepRequest } from "../../protocol/runtime.ts";
import { type Files, RuntimeError } from "../runtime.ts";
import { mostEntries, type Progress, type SearchEngine } from "./searchEngine.ts";
import { globMatcher } from "./searchGlob.ts";
import { type IgnoreRules, isIgnored, withRules } from "./searchIgnore.ts";
import { lineFinder } from "./searchLines.ts";

/** Files of more bytes than this are not searched. */
export const mostSearchedBytes = 10 * 1024 * 1024;
const mostIgnoreBytes = 1024 * 1024;
const mostAtOnce = 16;

interface Folder {
  readonly at: string;
  /** Undefined outside a git work tree. */
  readonly rules: IgnoreRules | undefined;
}

type Enters = (name: string) => boolean;

/** The search without another program: walks the tree itself. Needs nothing but `files`, so that it works on any. */
export function walkSearch(files: Pick<Files, "list" | "read">): SearchEngine {
  return {
    async *files(folder, progress) {
      for await (const names of walk(folder, { files, progress, enters: () => true }))
        yield names.map((name) => ({ path: name, lines: [] }));
    },
    async *grep(request, progress) {
      const search = fileSearch(files, request, progress);
      const enters: Enters = (name) => !name.startsWith(".");
      for await (const names of walk(request.path, { files, progress, enters })) {
        for (let start = 0; start < names.length; start += mostAtOnce)
          yield (await Promise.all(names.slice(start, start + mostAtOnce).map(search))).filter(({ lines }) => lines.length > 0);
      }
    },
  };
}

function fileSearch(
  files: Pick<Files, "read">,
  { pattern, include }: GrepRequest,
  progress: Progress,
): (file: string) => Promise<FoundFile> {
  const find = lineFinder(pattern);
  const isWanted = include === undefined ? () => true : globMatcher(include, { braces: "groups" });
  return async (file) => {
    if (!isWanted(path.basename(file))) return { path: file, lines: [] };
    return { path: file, lines: find(await bytesOf(files, file, progress)) };
  };
}

/** Nothing of a file that is too large, or is none any more. */
async function bytesOf(files: Pick<Files, "read">, file: string, { signal, miss }: Progress): Promise<Uint8Array> {
  try {
    return (await files.read(file, { maxBytes: mostSearchedBytes, signal })).bytes;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code === "closed") throw error;
    if (error.code === "no-permission" || error.code === "failed") miss("unreadable");
    return new Uint8Array();
  }
}

interface Walk {
  readonly files: Pick<Files, "list" | "read">;
  readonly progress: Progress;
  readonly enters: Enters;
}

/** The files of one folder after the other. Links are not followed, so that it comes to an end. */
async function* walk(root: string, { files, progress, enters }: Walk): AsyncGenerator<string[]> {
  const { signal, miss } = progress;
  const open: Folder[] = [{ at: root, rules: await rulesAbove(files, root, signal) }];
  let seen = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    signal.throwIfAborted();
    const entries = await entriesOf(files, folder.at, progress);
    seen += entries.length;
    const rules = await rulesIn(files, { folder, entries, signal });
    const { at } = folder;
    const isSeen = (name: string, kind: "file" | "directory"): boolean => name !== ".git" && !isIgnored(path.join(at, name), kind, rules);
    yield entries.filter(({ name, kind }) => kind === "file" && isSeen(name, kind)).map(({ name }) => path.join(at, name));
    if (seen >= mostEntries) return miss("size");
    for (const { name, kind } of entries.toReversed()) {
      if (kind === "directory" && name !== "node_modules" && enters(name) && isSeen(name, kind))
        open.push({ at: path.join(at, name), rules });
    }
  }
}

async function entriesOf(files: Pick<Files, "list">, folder: string, { signal, miss }: Progress): Promise<DirectoryEntry[]> {
  try {
    return await files.list(folder, signal);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code === "closed") throw error;
    // One that has gone meanwhile is not missed.
    if (error.code !== "not-found") miss("unreadable");
    return [];
  }
}

/** The rules of the folders between the root of the work tree and `folder`, without its own. */
async function rulesAbove(files: Pick<Files, "list" | "read">, folder: string, signal: AbortSignal): Promise<IgnoreRules | undefined> {
  const above: { readonly folder: Folder; readonly entries: readonly DirectoryEntry[] }[] = [];
  for (let at = path.dirname(folder), below = folder; at !== below; below = at, at = path.dirname(at)) {
    // Its own work tree begins in `folder`, or none does.
    const entries = await namesForGit(files, at, signal);
    above.unshift({ folder: { at, rules: undefined }, entries });
    if (entries.some(({ name }) => name === ".git")) break;
  }
  let rules: IgnoreRules | undefined;
  for (const { folder: one, entries } of above) rules = await rulesIn(files, { folder: { ...one, rules }, entries, signal });
  return rules;
}

/** Asked for by name, because the folders above a workspace can be large. */
async function namesForGit(files: Pick<Files, "list" | "read">, folder: string, signal: AbortSignal): Promise<DirectoryEntry[]> {
  const git = (await isThere(files, path.join(folder, ".git"), signal)) ? [{ name: ".git", kind: "directory" as const }] : [];
  return [...git, { name: ".gitignore", kind: "file" }];
}

async function isThere(files: Pick<Files, "read">, file: string, signal: AbortSignal): Promise<boolean> {
  try {
    await files.read(file, { maxBytes: 0, signal });
    return true;
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return error.code === "is-directory" || error.code === "too-large";
  }
}

interface Entered {
  readonly folder: Folder;
  readonly entries: readonly DirectoryEntry[];
  readonly signal: AbortSignal;
}

/** A folder with a `.git` begins a work tree of its own; outside of one, ignore files mean nothing. */
async function rulesIn(files: Pick<Files, "read">, { folder, entries, signal }: Entered): Promise<IgnoreRules | undefined> {
  const { at } = folder;
  const has = (name: string): boolean => entries.some((entry) => entry.name === name);
  const begun = has(".git")
    ? withRules(await textOf(files, path.join(at, ".git", "info", "exclude"), signal), at, undefined)
    : folder.rules;
  if (begun === undefined || !has(".gitignore")) return begun;
  return withRules(await textOf(files, path.join(at, ".gitignore"), signal), at, begun);
}

/** Empty when there is none. */
async function textOf(files: Pick<Files, "read">, file: string, signal: AbortSignal): Promise<string> {
  try {
    return new TextDecoder().decode((await files.read(file, { maxBytes: mostIgnoreBytes, signal })).bytes);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return "";
  }
}
