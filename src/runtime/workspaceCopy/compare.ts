import type { FileChangeKind, MappedFolder } from "../../protocol/sandbox.ts";
import type { WorkspaceEntry } from "../../protocol/workspaceApi.ts";
import { type IgnoreRules, isIgnored } from "../machine/searchIgnore.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { type Base, type BaseEntry, sha256Of } from "./base.ts";
import { outerRules } from "./outerRules.ts";
import { pairRenames } from "./renames.ts";
import { prefixOf } from "./survey.ts";

/** What is in the sandbox now. Its hash is what the sandbox says; what is written has a hash of our own. */
export interface SandboxFile {
  readonly type: "file" | "symlink";
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly isExecutable: boolean;
  readonly isBinary: boolean;
  readonly version: string;
  readonly mode: number;
  readonly target?: string;
}

/** A difference between the base and the sandbox. `now` is there unless it is deleted, `base` unless it is created. */
export interface Difference {
  readonly path: string;
  readonly kind: FileChangeKind;
  readonly from?: string;
  readonly base?: BaseEntry;
  readonly now?: SandboxFile;
}

export interface Compared {
  readonly differences: readonly Difference[];
  /** So many more are there, which were not looked at. */
  readonly more: number;
}

export interface Comparison {
  readonly base: Base;
  readonly workspace: RemoteWorkspace;
  readonly folders: readonly MappedFolder[];
  readonly signal: AbortSignal;
}

/** So many changed files are looked at. */
const mostLooked = 5_000;

/** What has changed in the sandbox since the base, by path. What only looks changed is taken into the base with its new stamp. */
export async function compare(comparison: Comparison): Promise<Compared> {
  const { base, workspace, signal } = comparison;
  const scanned = await workspace.scan(signal);
  const entries = new Map(scanned.entries);
  const unseen = [...base.entries.keys()].filter((path) => !entries.has(path));
  for (const [path, entry] of await workspace.stat(unseen, { withHash: false, signal })) entries.set(path, entry);
  const suspects = await suspectsOf(entries, comparison);
  const looked = suspects.slice(0, mostLooked);
  const now = await lookAt(looked, comparison);
  const changed = looked.flatMap((path) => differenceAt(path, { base, now: now.get(path) }));
  const deleted = [...base.entries].flatMap(([path, entry]): Difference[] =>
    isThere(entries.get(path)) ? [] : [{ path, kind: "deleted", base: entry }],
  );
  const differences = await pairRenames([...changed, ...deleted], comparison);
  const more = suspects.length - looked.length + (scanned.isWhole ? 0 : 1);
  return { differences: differences.toSorted((a, b) => (a.path < b.path ? -1 : 1)), more };
}

const isThere = (entry: WorkspaceEntry | undefined): boolean => entry !== undefined && entry.type !== "other";

/** Paths whose stamps are new, without what the person's own ignore rules leave out. */
async function suspectsOf(entries: ReadonlyMap<string, WorkspaceEntry>, { base, folders }: Comparison): Promise<string[]> {
  const outer = await Promise.all(
    folders.map(async (folder) => ({ prefix: prefixOf(folder), host: folder.host, rules: (await outerRules(folder.host)).rules })),
  );
  const isLeftOut = (path: string): boolean =>
    outer.some(({ prefix, host, rules }) => path.startsWith(prefix) && isIgnoredBelow(path.slice(prefix.length), host, rules));
  return [...entries]
    .filter(([path, entry]) => {
      const known = base.entries.get(path);
      if (!isThere(entry)) return false;
      return known === undefined ? !isLeftOut(path) : known.version !== entry.version || known.type !== entry.type;
    })
    .map(([path]) => path)
    .toSorted();
}

/** Whether the file or one of its folders is ignored. */
function isIgnoredBelow(below: string, host: string, rules: IgnoreRules): boolean {
  const names = below.split("/");
  return names.some((_, index) =>
    isIgnored([host, ...names.slice(0, index + 1)].join("/"), index === names.length - 1 ? "file" : "directory", rules),
  );
}

async function lookAt(paths: readonly string[], { workspace, signal }: Comparison): Promise<Map<string, SandboxFile>> {
  const found = await workspace.stat(paths, { withHash: true, signal });
  return new Map([...found].flatMap(([path, entry]) => (isThere(entry) ? [[path, sandboxFile(entry)] as const] : [])));
}

function sandboxFile(entry: WorkspaceEntry): SandboxFile {
  const { sizeBytes, version, mode, target } = entry;
  const common = { sizeBytes, version, mode: mode & 0o777 };
  if (entry.type === "symlink")
    return { ...common, type: "symlink", sha256: sha256Of(target ?? ""), isExecutable: false, isBinary: false, target: target ?? "" };
  return { ...common, type: "file", sha256: entry.sha256 ?? "", isExecutable: (mode & 0o100) !== 0, isBinary: entry.isBinary ?? true };
}

function differenceAt(path: string, { base, now }: { readonly base: Base; readonly now: SandboxFile | undefined }): Difference[] {
  const known = base.entries.get(path);
  // It has gone since the scan; the next one tells.
  if (now === undefined) return [];
  if (known === undefined) return [{ path, kind: "created", now }];
  if (known.type === now.type && known.sha256 === now.sha256 && isExecutable(known) === now.isExecutable) {
    base.setVersion(path, now.version);
    return [];
  }
  return [{ path, kind: "changed", base: known, now }];
}

export const isExecutable = ({ type, mode }: BaseEntry): boolean => type === "file" && (mode & 0o100) !== 0;
