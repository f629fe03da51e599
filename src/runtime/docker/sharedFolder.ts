import { readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { isProtected, isSecret } from "../../protocol/protectedPaths.ts";
import { isNothingThere, lstatOrUndefined } from "../machine/fileStats.ts";

/** Whoever has one of these, or what is in it, has the machine. */
const machineFolders = ["/boot", "/dev", "/proc", "/run", "/sys", "/var/lib/containers", "/var/lib/docker", "/var/run"];
/** Programs and settings, which may be read. */
const systemFolders = ["/bin", "/etc", "/lib", "/sbin", "/usr"];
const keyFolders = [".ssh", ".gnupg", ".aws", ".docker", ".kube"];

/** Why `place`, a folder or file, may not be shared with a sandbox as it is; undefined when it may. Links are followed first. */
export async function refuseShare(
  place: string,
  { readOnly, home = homedir() }: { readonly readOnly: boolean; readonly home?: string },
): Promise<string | undefined> {
  const real = await realpath(place).catch(() => undefined);
  if (real === undefined) return `${place} is not there`;
  const shown = real === path.resolve(place) ? real : `${place} leads to ${real}, which`;
  const realHome = await realpath(home).catch(() => home);
  const isInAny = (folders: readonly string[]): boolean => folders.some((folder) => isWithin(real, folder));
  if (real === path.parse(real).root) return `${shown} is the whole file system`;
  if (isWithin(realHome, real)) return `${shown} has your home folder and all that is in it`;
  if (isInAny(machineFolders) || (!readOnly && isInAny(systemFolders))) return `${shown} belongs to the system`;
  const belowRoot = path.relative(path.parse(real).root, real).replaceAll(path.sep, "/");
  if (isSecret(belowRoot) || isInAny(keyFolders.map((name) => path.join(realHome, name)))) return `${shown} holds keys or passwords`;
  if (await hasEngine(real)) return `${shown} has a socket, and who speaks with an engine owns this machine`;
  return undefined;
}

/** A socket itself, or a folder with one that is called like an engine's. */
async function hasEngine(real: string): Promise<boolean> {
  const found = await lstatOrUndefined(real);
  if (found?.isDirectory() !== true) return found?.isSocket() === true;
  const names = await readdir(real, { withFileTypes: true }).catch(refuseUnlessGone);
  return names.some((entry) => entry.isSocket() && /docker|podman|containerd|crio/.test(entry.name));
}

/**
 * What of a shared folder a sandbox may only read: `.git` as a whole, and files and folders that something else runs or trusts later, as far as
 * they are there, in the folder and four more below it. Absolute, each once, none in another.
 */
export async function readOnlyPlaces(folder: string): Promise<string[]> {
  const places: string[] = [];
  const open = [{ at: folder, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of await readdir(next.at, { withFileTypes: true }).catch(refuseUnlessGone)) {
      const at = path.join(next.at, entry.name);
      const isFolder = entry.isDirectory();
      // A link is no mount point: where it leads is judged where it is.
      if (!isFolder && !entry.isFile()) continue;
      if (isProtected(path.relative(folder, at).replaceAll(path.sep, "/"), "write")) places.push(at);
      else if (isFolder && next.depth < mostDeep && entry.name !== "node_modules") open.push({ at, depth: next.depth + 1 });
      if (places.length >= mostPlaces) return places;
    }
  }
  return places.toSorted();
}

const mostDeep = 4;
/** An engine takes only so many mounts. */
const mostPlaces = 200;

function refuseUnlessGone(error: unknown): [] {
  if (isNothingThere(error) || (error instanceof Error && "code" in error && error.code === "EACCES")) return [];
  throw error;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : outer + path.sep);
}
