import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import type { Home, NamedFolder } from "../../../protocol/agentServer/base.ts";
import { RuntimeError } from "../../runtime.ts";
import { fileError } from "../fileErrors.ts";
import { lstatOrUndefined } from "../fileStats.ts";
import { makeFolders } from "../makeFolders.ts";
import { checkedPath } from "./checkedPath.ts";

export interface BrowseOptions {
  readonly hidden: boolean;
  readonly signal: AbortSignal;
}

const mostFavorites = 50;

/** The home of the server's user, with the folders in it. */
export async function homeFolders(options: BrowseOptions): Promise<Home> {
  const home = homedir();
  const folders = await subfolders(home, options).catch(() => []);
  const favorites = folders.slice(0, mostFavorites).map(({ name, path: folder }) => ({ label: name, path: folder }));
  const { root } = path.parse(home);
  return { home, favorites, locations: [{ label: root, path: root }] };
}

/** The folders in `folder`, whatever their case in order of their names; links are left out. Rejects with RuntimeError. */
export async function subfolders(folder: string, { hidden, signal }: BrowseOptions): Promise<NamedFolder[]> {
  checkedPath(folder);
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && (hidden || !entry.name.startsWith("."))).map(({ name }) => name);
    return names.sort(compareIgnoringCase).map((name) => ({ name, path: path.join(folder, name) }));
  } catch (error) {
    throw fileError(error, folder, signal);
  }
}

/** Makes `folder` and those above it; one that is there already is as well. Rejects with RuntimeError. */
export async function createFolder(folder: string, signal: AbortSignal): Promise<void> {
  checkedPath(folder);
  try {
    const before = await lstatOrUndefined(folder);
    if (before !== undefined && !before.isDirectory()) throw new RuntimeError("exists", `${folder} is there already, and is no folder.`);
    await makeFolders(folder);
  } catch (error) {
    throw fileError(error, folder, signal);
  }
}

function compareIgnoringCase(a: string, b: string): number {
  const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowerA === lowerB) return a < b ? -1 : 1;
  return lowerA < lowerB ? -1 : 1;
}
