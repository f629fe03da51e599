import { readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { isProtected, isSecret } from "../../protocol/protectedPaths.ts";
import { isNothingThere, lstatOrUndefined } from "../machine/fileStats.ts";

/** System folders that no workspace is in itself, each with all that is in it. */
const systemFolders = ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/run", "/var/lib/docker"];

/** Why `folder` may not be shared with a sandbox as it is; undefined when it may. Links are followed first. */
export async function refuseBind(folder: string, home: string = homedir()): Promise<string | undefined> {
  const found = await lstatOrUndefined(folder);
  if (found === undefined) return `${folder} is not there.`;
  const real = await realpath(folder);
  const shown = real === path.resolve(folder) ? real : `${folder} leads to ${real}, which`;
  const realHome = await realpath(home).catch(() => home);
  const because = `${shown} cannot be shared with a sandbox: it`;
  if (real === path.parse(real).root) return `${because} is the whole file system. Open the project's folder instead.`;
  if (isWithin(realHome, real)) return `${because} has your home folder and all that is in it. Open the project's folder instead.`;
  if (systemFolders.some((system) => isWithin(real, system))) return `${because} belongs to the system.`;
  if (isSecret(path.relative(path.parse(real).root, real).replaceAll(path.sep, "/"))) return `${because} holds keys or passwords.`;
  return undefined;
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
