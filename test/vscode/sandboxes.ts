// Sandboxes of a window without an engine: none, or two folders that are the person's and the sandbox's.
import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { DockerRuntimes } from "../../src/extension/dockerRuntime/dockerRuntimes.ts";
import type { FileChange } from "../../src/protocol/sandbox.ts";
import type { Files } from "../../src/runtime/runtime.ts";
import type { Review, ReviewedFile } from "../../src/runtime/workspaceCopy/review.ts";

/** A window in which nothing is in a sandbox. */
export const noSandboxes: Pick<DockerRuntimes, "review" | "onDidChange"> = {
  onDidChange: () => ({ dispose: () => undefined }),
  review: async () => Promise.reject(new Error("There is no sandbox.")),
};

export interface TwoFolders {
  readonly own: string;
  readonly sandbox: string;
  /** What both were at first, by path. */
  readonly base: Readonly<Record<string, string>>;
  readonly ownFiles: Files;
}

/** The least that is a review: whole files of one folder are applied to the other where that is as it was. */
export function folderReview({ own, sandbox, base, ownFiles }: TwoFolders): Review & AsyncDisposable {
  const { signal } = new AbortController();
  const sides = { own, sandbox };
  const read = (side: keyof typeof sides, name: string): Promise<Buffer | undefined> =>
    readFile(path.join(sides[side], name)).catch(() => undefined);
  const changeOf = async (name: string): Promise<FileChange[]> => {
    const [mine, theirs, before] = [(await read("own", name))?.toString(), await read("sandbox", name), base[name]];
    const now = theirs?.toString();
    if (now === before) return [];
    const kind = before === undefined ? "created" : now === undefined ? "deleted" : "changed";
    const standing = mine === now ? "same" : mine === before ? "clean" : "conflicts";
    const isBinary = theirs?.includes(0) ?? false;
    return [{ path: name, kind, type: "file", sizeBytes: theirs?.length ?? 0, isBinary, standing, isProtected: false }];
  };
  const list = async (): Promise<FileChange[]> => {
    const names = new Set([...Object.keys(base), ...(await filesIn(sandbox))]);
    return (await Promise.all([...names].toSorted().map(changeOf))).flat();
  };
  const each = async (paths: readonly string[] | "all", act: (change: FileChange) => Promise<ReviewedFile>): Promise<ReviewedFile[]> => {
    const done: ReviewedFile[] = [];
    for (const change of await list()) if (paths === "all" || paths.includes(change.path)) done.push(await act(change));
    return done;
  };
  return {
    list: async () => ({ changes: await list(), more: 0 }),
    read: async (name, side) => {
      if (side === "base") return base[name] === undefined ? undefined : Buffer.from(base[name]);
      return read(side === "host" ? "own" : "sandbox", name);
    },
    apply: (paths) =>
      each(paths, async ({ path: name, kind, standing }) => {
        if (standing === "conflicts") return { path: name, outcome: "refused", reason: "You have changed it too." };
        const file = path.join(own, name);
        if (kind === "deleted") await rm(file);
        else
          await ownFiles.write(file, (await read("sandbox", name)) ?? Buffer.of(), { expected: await versionOf(ownFiles, file), signal });
        return { path: name, outcome: "applied" };
      }),
    discard: async () => [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function versionOf(files: Files, file: string): Promise<string> {
  return (await files.stat(file, new AbortController().signal))?.version ?? "absent";
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const kinds = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).isFile()));
  return names.filter((_, index) => kinds[index]);
}
