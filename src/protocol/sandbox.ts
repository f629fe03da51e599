import * as z from "zod";

/** Whether a sandbox reaches a network, in Docker's words: `none`, or `bridge`, which reaches all that the machine does. */
export const SandboxNetwork = z.enum(["none", "bridge"]);
export type SandboxNetwork = z.infer<typeof SandboxNetwork>;

/**
 * A container of its own for a conversation. `image` is any image's name; empty: the usual one. `workspace` says what the container sees: a
 * `copy` whose changes come back as a review, or the folders themselves (`bind`).
 */
export const DockerRef = z.object({
  kind: z.literal("docker"),
  image: z.string().max(300),
  network: SandboxNetwork,
  workspace: z.enum(["copy", "bind"]),
});
export type DockerRef = z.infer<typeof DockerRef>;

/** Where the tools of a conversation act. Its kind is chosen when the conversation begins and stays; nothing falls back to `local` by itself. */
export const RuntimeRef = z.discriminatedUnion("kind", [z.object({ kind: z.literal("local") }), DockerRef]);
export type RuntimeRef = z.infer<typeof RuntimeRef>;

/** The wall in a person's words, such as "Docker · python:3.12 · no network". */
export function sandboxWall({ image, network, workspace }: DockerRef): string {
  const parts = ["Docker", image, network === "none" ? "no network" : "network on", ...(workspace === "bind" ? ["shared folder"] : [])];
  return parts.filter((part) => part !== "").join(" · ");
}

export const FileChangeKind = z.enum(["created", "changed", "deleted", "renamed"]);
export type FileChangeKind = z.infer<typeof FileChangeKind>;

/**
 * How a change in the sandbox meets the person's own file: it is as it was when it was copied (`clean`); the person has changed it too, at
 * other places (`merges`) or at the same ones (`conflicts`); it already holds what the sandbox has (`same`); or it may not be written here,
 * and `refusal` says why (`refused`).
 */
export const ChangeStanding = z.enum(["clean", "merges", "conflicts", "same", "refused"]);
export type ChangeStanding = z.infer<typeof ChangeStanding>;

export const FileChange = z.object({
  /** Below the workspace, with `/` between names; where there are several folders, the first name is the folder's in the sandbox. */
  path: z.string(),
  kind: FileChangeKind,
  /** Where a renamed file was. */
  from: z.string().optional(),
  /** What it is in the sandbox now; that of the base for a deleted one. */
  type: z.enum(["file", "symlink"]),
  sizeBytes: z.number().int().min(0),
  /** It is not text, or too large to be shown or merged. */
  isBinary: z.boolean(),
  /** Only where that has changed: whether it may be run now. Its content may be the same. */
  becomesExecutable: z.boolean().optional(),
  standing: ChangeStanding,
  refusal: z.string().optional(),
  /** Something else runs or trusts this file later (hooks, tasks, workflows): it is applied only by name, never with all. */
  isProtected: z.boolean(),
});
export type FileChange = z.infer<typeof FileChange>;

/** What has changed in a sandbox since its copy was made, by path. `more`: so many changes are not listed. */
export const SandboxChanges = z.object({ changes: z.array(FileChange), more: z.number().int().min(0) });
export type SandboxChanges = z.infer<typeof SandboxChanges>;

/** What was not copied into a sandbox: files that look like secrets, by path; and sentences about what else is not as in the folder. */
export const LeftOut = z.object({ secrets: z.array(z.string()), notes: z.array(z.string()) });
export type LeftOut = z.infer<typeof LeftOut>;

/** Where the workspace is in every sandbox. */
export const sandboxRoot = "/workspace";

/** A folder of the workspace and where it is in the sandbox; both absolute. */
export interface MappedFolder {
  readonly host: string;
  readonly sandbox: string;
}

/** One folder is `/workspace` itself; several are `/workspace/<name>`, those with equal names numbered. The order is that of `folders`. */
export function mapFolders(folders: readonly string[]): MappedFolder[] {
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) return [{ host: only, sandbox: sandboxRoot }];
  const taken = new Set<string>();
  return folders.map((host) => {
    const name = host.split(/[\\/]/).findLast((part) => part !== "") ?? "folder";
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
    taken.add(free);
    return { host, sandbox: `${sandboxRoot}/${free}` };
  });
}

/** As much of a conversation's state as says where its folders are. */
export interface Located {
  readonly working_dir?: string | undefined;
  readonly folders?: readonly string[] | undefined;
  readonly runtime?: RuntimeRef | undefined;
}

/** The folders on the person's machine, the one that the agent works in first: in this order they are mapped into a sandbox. */
export function ownFolders({ working_dir, folders = [] }: Located): string[] {
  const others = folders.filter((folder) => folder !== working_dir);
  return working_dir === undefined ? others : [working_dir, ...others];
}

/** The folders as the agent sees them, so that paths of its actions are below them; the one that it works in first. */
export function shownFolders(state: Located): string[] {
  const own = ownFolders(state);
  return state.runtime?.kind === "docker" ? mapFolders(own).map(({ sandbox }) => sandbox) : own;
}

/** The agent's path for one of the person's; one that is in no folder of the workspace stays as it is. */
export function shownPath(path: string, state: Located): string {
  return state.runtime?.kind === "docker" ? (toSandboxPath(path, mapFolders(ownFolders(state))) ?? path) : path;
}

/** The person's own path for one of the agent's; undefined when it is somewhere else in the sandbox. */
export function ownPath(path: string, state: Located): string | undefined {
  return state.runtime?.kind === "docker" ? toHostPath(path, mapFolders(ownFolders(state))) : path;
}

/** The person's own path for one of the sandbox; undefined when it is in no folder of the workspace. */
export function toHostPath(path: string, folders: readonly MappedFolder[]): string | undefined {
  const found = folders.find(({ sandbox }) => path === sandbox || path.startsWith(`${sandbox}/`));
  if (found === undefined) return undefined;
  const rest = path.slice(found.sandbox.length);
  return found.host + (found.host.includes("\\") ? rest.replaceAll("/", "\\") : rest);
}

/** The path in the sandbox for one of the person's; undefined when it is in no folder of the workspace. */
export function toSandboxPath(path: string, folders: readonly MappedFolder[]): string | undefined {
  const found = folders.find(({ host }) => path === host || path.startsWith(`${host}${host.includes("\\") ? "\\" : "/"}`));
  return found === undefined ? undefined : found.sandbox + path.slice(found.host.length).replaceAll("\\", "/");
}
