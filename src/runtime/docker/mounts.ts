import { realpath } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import type { MountSettings } from "dockerode";
import type { MappedFolder } from "../../protocol/sandbox.ts";
import { lstatOrUndefined } from "../machine/fileStats.ts";
import { RuntimeError } from "../runtime.ts";
import type { SandboxMount } from "./sandboxes.ts";
import { readOnlyPlaces, refuseShare } from "./sharedFolder.ts";

/** Other programs run what lies there. */
const mustNotLead = [".git", ".vscode", ".devcontainer", ".husky", ".idea", ".openhands"];

/**
 * The folders of the workspace themselves, for a sandbox that does not work on a copy. What other programs run or trust is read-only, `.git` as a
 * whole: a part of it would be enough to run something here. Rejects with RuntimeError for a folder that must not be shared.
 */
export async function workspaceMounts(folders: readonly MappedFolder[]): Promise<MountSettings[]> {
  const mounts: MountSettings[] = [];
  for (const { host, sandbox } of folders) {
    const source = await sharedSource(host, { readOnly: false });
    mounts.push(bind(source, sandbox, false));
    for (const name of mustNotLead)
      if ((await lstatOrUndefined(join(source, name)))?.isSymbolicLink() === true)
        throw refuse(`${join(host, name)} is a link, which a sandbox could lead elsewhere`);
    for (const place of await readOnlyPlaces(source))
      mounts.push(bind(place, posix.join(sandbox, relative(source, place).replaceAll(sep, "/")), true));
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
      return bind(await sharedSource(source, { readOnly }), place, readOnly);
    }),
  );
}

/** Where it really is. */
async function sharedSource(place: string, { readOnly }: { readonly readOnly: boolean }): Promise<string> {
  const why = await refuseShare(place, { readOnly });
  if (why !== undefined) throw refuse(why);
  return realpath(place);
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
