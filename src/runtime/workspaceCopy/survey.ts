import type { BigIntStats } from "node:fs";
import { lstat, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { isSecret } from "../../protocol/protectedPaths.ts";
import { type LeftOut, type MappedFolder, sandboxRoot } from "../../protocol/sandbox.ts";
import { type TreeEntry, walkWhole, walkWorkspace } from "../machine/workspaceWalk.ts";
import { RuntimeError } from "../runtime.ts";
import { indexedFiles } from "./gitIndex.ts";
import { isGitSecret, isGitText } from "./gitSecrets.ts";
import { outerRules } from "./outerRules.ts";

/** Something that is to be copied. */
export interface CopyItem {
  /** Below the workspace in the sandbox, with `/` between names. */
  readonly path: string;
  /** On this machine. */
  readonly file: string;
  readonly found: BigIntStats;
  /** What is in `.git` never comes back; `gitText` is copied without credentials. */
  readonly part: "workspace" | "git" | "gitText";
}

export interface Survey {
  readonly items: readonly CopyItem[];
  /** Of all files together. */
  readonly sizeBytes: number;
  readonly leftOut: LeftOut;
}

const mostFiles = 1_000_000;

/** What of the person's folders goes into a sandbox, and what does not. Reads no file's content but what git says of itself. */
export async function surveyFolders(folders: readonly MappedFolder[], signal: AbortSignal): Promise<Survey> {
  const survey = new FolderSurvey(signal);
  for (const folder of folders) await survey.add(folder);
  return survey.result();
}

/** Where the workspace's folder in the sandbox is, below the sandbox's workspace: empty when it is that itself. */
export function prefixOf({ sandbox }: MappedFolder): string {
  return sandbox === sandboxRoot ? "" : `${sandbox.slice(sandboxRoot.length + 1)}/`;
}

class FolderSurvey {
  readonly #signal: AbortSignal;
  readonly #items: CopyItem[] = [];
  readonly #secrets: string[] = [];
  readonly #notes: string[] = [];
  readonly #unreadable: string[] = [];
  readonly #special: string[] = [];
  #hasIgnored = false;
  #sizeBytes = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async add(folder: MappedFolder): Promise<void> {
    const root = await realpath(folder.host);
    const prefix = prefixOf(folder);
    const { rules, repository } = await outerRules(root);
    if (repository !== undefined && repository !== root)
      this.#notes.push(`The git repository of ${folder.host} is above it and was not copied: git commands do not work there.`);
    if (prefix !== "") this.#take({ path: prefix.slice(0, -1), file: root, found: await lstat(root, { bigint: true }), part: "workspace" });
    const tracked = await indexedFiles(path.join(root, ".git", "index"));
    const git: TreeEntry[] = [];
    const walk = walkWorkspace(root, {
      rules,
      signal: this.#signal,
      onGit: (entry) => void git.push(entry),
      onUnreadable: (below) => void this.#unreadable.push(prefix + below),
      onIgnored: () => (this.#hasIgnored = true),
      keeps: (below) => tracked.has(below),
      leavesOut: (below) => this.#isSecret(prefix + below),
    });
    for await (const found of walk) this.#takeAll(found, { prefix, part: () => "workspace" });
    for (const entry of git) await this.#addGit(entry, { root, prefix });
  }

  result(): Survey {
    const notes = [
      ...this.#notes,
      ...(this.#hasIgnored ? ["What git ignores and node_modules were not copied."] : []),
      ...some(this.#unreadable, "could not be read"),
      ...some(this.#special, "is no file but a socket, pipe or device"),
    ];
    return { items: this.#items, sizeBytes: this.#sizeBytes, leftOut: { secrets: this.#secrets, notes } };
  }

  #isSecret(below: string): boolean {
    if (!isSecret(below)) return false;
    this.#secrets.push(below);
    return true;
  }

  async #addGit(entry: TreeEntry, { root, prefix }: { readonly root: string; readonly prefix: string }): Promise<void> {
    if (entry.found.isDirectory()) {
      this.#take({ path: prefix + entry.path, file: entry.file, found: entry.found, part: "git" });
      const walk = walkWhole(entry.file, { signal: this.#signal, onUnreadable: (below) => void this.#unreadable.push(below) });
      for await (const found of walk) {
        const wanted = found.filter((one) => !isGitSecret(one.path));
        this.#takeAll(wanted, { prefix: `${prefix}${entry.path}/`, part: (below) => (isGitText(below) ? "gitText" : "git") });
      }
    } else if (entry.found.isFile() && (await leadsInside(entry.file, root))) {
      this.#take({ path: prefix + entry.path, file: entry.file, found: entry.found, part: "git" });
    } else {
      this.#notes.push(`${prefix}${entry.path} leads to a git repository outside of the workspace: git commands do not work there.`);
    }
  }

  #takeAll(
    found: readonly TreeEntry[],
    { prefix, part }: { readonly prefix: string; readonly part: (below: string) => CopyItem["part"] },
  ): void {
    for (const entry of found) this.#take({ path: prefix + entry.path, file: entry.file, found: entry.found, part: part(entry.path) });
  }

  #take(item: CopyItem): void {
    const { found } = item;
    if (!found.isFile() && !found.isDirectory() && !found.isSymbolicLink()) {
      this.#special.push(item.path);
      return;
    }
    if (found.isFile()) this.#sizeBytes += Number(found.size);
    this.#items.push(item);
    if (this.#items.length > mostFiles)
      throw new RuntimeError(
        "too-large",
        `The workspace has more than ${mostFiles} files that git does not ignore. Open a smaller folder.`,
      );
  }
}

/** Whether a `.git` file, as a submodule has one, leads to a repository that is copied as well. */
async function leadsInside(file: string, root: string): Promise<boolean> {
  const leads = /^gitdir: (.*)$/m.exec(await readFile(file, "utf8").catch(() => ""))?.[1];
  if (leads === undefined || path.isAbsolute(leads)) return false;
  return path.resolve(path.dirname(file), leads).startsWith(root + path.sep);
}

function some(paths: readonly string[], what: string): string[] {
  const [first] = paths;
  if (first === undefined) return [];
  return [paths.length === 1 ? `${first} ${what}.` : `${first} ${what}, and so ${paths.length - 1} more.`];
}
