import { realpath } from "node:fs/promises";
import path from "node:path";
import { type MappedFolder, sandboxRoot, toHostPath } from "../../protocol/sandbox.ts";
import { lstatOrUndefined } from "../machine/fileStats.ts";
import { realPath } from "../machine/realPath.ts";
import { nameRefusal } from "./safeNames.ts";

/** A place in the person's folders that a sandbox may have named, and that is reached without going through a link. */
export interface HostPlace {
  readonly path: string;
  readonly file: string;
  /** Of the workspace's folder that it is in, every link followed. */
  readonly root: string;
}

/** Where `below`, a path of the sandbox's workspace, is on this machine; or a sentence why nothing is read or written there. */
export async function hostPlace(
  below: string,
  { folders, isKnown }: { readonly folders: readonly MappedFolder[]; readonly isKnown: boolean },
): Promise<HostPlace | string> {
  const refusal = nameRefusal(below, { isKnown });
  if (refusal !== undefined) return refusal;
  const folder = folders.find(({ sandbox }) => `${sandboxRoot}/${below}`.startsWith(`${sandbox}/`));
  const mapped = toHostPath(`${sandboxRoot}/${below}`, folders);
  if (folder === undefined || mapped === undefined) return "It is in none of the workspace's folders.";
  const root = await realpath(folder.host);
  const names = path.relative(folder.host, mapped).split(path.sep);
  const place = { path: below, file: path.join(root, ...names), root };
  return (await obstacle(root, names)) ?? place;
}

/** Looked at again right before anything is done there. */
export async function stillThere({ file, root }: HostPlace): Promise<string | undefined> {
  return obstacle(root, path.relative(root, file).split(path.sep));
}

async function obstacle(root: string, names: readonly string[]): Promise<string | undefined> {
  let at = root;
  for (const name of names.slice(0, -1)) {
    at = path.join(at, name);
    const found = await lstatOrUndefined(at);
    if (found === undefined) return undefined;
    const shown = path.relative(root, at);
    if (found.isSymbolicLink()) return `Its folder ${shown} is a link.`;
    if (!found.isDirectory()) return `${shown} is a file of yours, so that nothing can be in it.`;
  }
  const found = await lstatOrUndefined(path.join(root, ...names));
  if (found === undefined || found.isFile() || found.isSymbolicLink()) return undefined;
  return found.isDirectory() ? "There is a folder of yours in its place." : "There is a socket, pipe or device in its place.";
}

/**
 * Why a link at `place` with this target is not made; undefined when it leads to something of the same workspace folder. `..` may stand only at
 * its begin: behind a name, which may be a link, it leads nobody knows where.
 */
export async function linkRefusal({ file, root }: HostPlace, target: string): Promise<string | undefined> {
  const away = `It is a link that leads out of the workspace${target.length < 200 ? ` (${JSON.stringify(target)})` : ""}.`;
  const isOdd = target === "" || /[\0\\]|^[a-z]:/i.test(target) || path.isAbsolute(target);
  if (isOdd || hasLateDots(target)) return away;
  const lexical = path.resolve(path.dirname(file), target);
  const real = await realPath(lexical).catch(() => undefined);
  for (const leads of [lexical, real]) {
    if (leads === undefined || !isInside(leads, root)) return away;
    const below = path.relative(root, leads).replaceAll(path.sep, "/");
    const refusal = below === "" ? undefined : nameRefusal(below, { isKnown: true });
    if (refusal !== undefined) return `It is a link, and what it leads to may not be written. ${refusal}`;
  }
  return undefined;
}

function hasLateDots(target: string): boolean {
  const names = target.split("/").filter((name) => name !== "" && name !== ".");
  const firstName = names.findIndex((name) => name !== "..");
  return firstName !== -1 && names.includes("..", firstName);
}

/** By whole names. */
function isInside(file: string, root: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}
