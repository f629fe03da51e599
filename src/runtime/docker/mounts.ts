import { lstat, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, posix, sep } from "node:path";
import type { MountSettings } from "dockerode";
import type { MappedFolder } from "../../protocol/sandbox.ts";
import { RuntimeError } from "../runtime.ts";
import type { SandboxMount } from "./sandboxes.ts";

/** Folders of programs on this machine that run what lies there: a sandbox that sees the workspace itself may read them and no more. */
const readOnlyNames = [".git", ".vscode", ".devcontainer", ".husky", ".idea", ".openhands"];

/**
 * The folders of the workspace themselves, for a sandbox that does not work on a copy. What other programs run or trust is read-only, `.git` as a
 * whole: a part of it would be enough to run something here. Rejects with RuntimeError for a folder that must not be shared.
 */
export async function workspaceMounts(folders: readonly MappedFolder[]): Promise<MountSettings[]> {
  const mounts: MountSettings[] = [];
  for (const { host, sandbox } of folders) {
    const source = await sharedSource(host);
    mounts.push(bind(source, sandbox, false));
    for (const name of readOnlyNames) {
      const found = await lstat(join(source, name)).catch(() => undefined);
      if (found?.isSymbolicLink()) throw refuse(`${join(host, name)} is a link, which a sandbox could lead elsewhere`);
      if (found !== undefined) mounts.push(bind(join(source, name), posix.join(sandbox, name), true));
    }
  }
  return mounts;
}

/** The person's own further mounts, from their settings. Rejects with RuntimeError when one of them must not be. */
export async function moreMounts(mounts: readonly SandboxMount[]): Promise<MountSettings[]> {
  return Promise.all(
    mounts.map(async ({ source, target, readOnly }) => {
      const place = posix.normalize(target).replace(/(.)\/$/, "$1");
      const taken = ["/", "/oh", "/proc", "/sys", "/dev", "/workspace"];
      const isTaken = taken.some((own) => place === own || (own !== "/" && own !== "/workspace" && place.startsWith(`${own}/`)));
      if (!place.startsWith("/") || isTaken) throw refuse(`a sandbox needs ${place} for itself`);
      return bind(await sharedSource(source), place, readOnly);
    }),
  );
}

/** Where it really is. */
async function sharedSource(path: string): Promise<string> {
  const source = await realpath(path).catch((cause: unknown) => {
    throw new RuntimeError("not-found", `${path} is not there, so a sandbox cannot see it.`, { cause });
  });
  const home = await realpath(homedir()).catch(() => homedir());
  const isAbove = home === source || home.startsWith(source.endsWith(sep) ? source : source + sep);
  if (isAbove) throw refuse(`${source} holds your home folder, and with it your keys`);
  for (const name of [".ssh", ".gnupg", ".aws", ".docker", ".kube"])
    if (source === join(home, name) || source.startsWith(join(home, name) + sep)) throw refuse(`${source} holds keys of yours`);
  const found = await stat(source);
  if (found.isSocket()) throw refuse(`${source} is a socket, and who speaks with an engine's owns this machine`);
  return source;
}

function refuse(why: string): RuntimeError {
  return new RuntimeError(
    "no-permission",
    `Not shared with the sandbox: ${why}. Choose another folder in the settings, or let it work on a copy.`,
  );
}

function bind(source: string, target: string, readOnly: boolean): MountSettings {
  return { Type: "bind", Source: source, Target: target, ReadOnly: readOnly, BindOptions: { Propagation: "rprivate" } };
}
