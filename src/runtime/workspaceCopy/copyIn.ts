import type { LeftOut, MappedFolder } from "../../protocol/sandbox.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { RuntimeError } from "../runtime.ts";
import { Base, removeBase } from "./base.ts";
import { FolderCopy } from "./folderCopy.ts";
import { surveyFolders } from "./survey.ts";
import { TarWriter } from "./tarWriter.ts";

export interface CopyInOptions {
  readonly folders: readonly MappedFolder[];
  readonly workspace: RemoteWorkspace;
  /** The folder of this machine that keeps what was copied; made when missing. */
  readonly base: string;
  /** Hears how many bytes have been read, of how many. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Fills a sandbox's empty workspace with a copy of the person's folders, and keeps in `base` what it was made from, for a review.
 *
 * Left out are `node_modules`, what git ignores, and files that look like secrets; `.git` is copied without credentials. A file that changes
 * meanwhile is copied as it was read. What fails or is aborted leaves no base, so that the copy counts as not made.
 */
export async function copyIn(options: CopyInOptions): Promise<LeftOut> {
  const { signal, onProgress } = options;
  const survey = await surveyFolders(options.folders, signal);
  await using base = await Base.create(options.base);
  try {
    const onRead = (bytes: number): void => onProgress?.(Math.min(bytes, survey.sizeBytes), survey.sizeBytes);
    const copy = new FolderCopy({ base, onRead, signal });
    await send(options, (tar) => copy.send(survey.items, tar));
    await keepVersions(base, options);
    const leftOut = { secrets: survey.leftOut.secrets, notes: [...survey.leftOut.notes, ...copy.notes()] };
    await base.save(leftOut);
    return leftOut;
  } catch (error) {
    await removeBase(options.base);
    throw error;
  }
}

async function send({ workspace, signal }: CopyInOptions, fill: (tar: TarWriter) => Promise<void>): Promise<void> {
  const tar = new TarWriter();
  const filling = fill(tar).catch((error: unknown) => {
    tar.fail(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const unpacking = workspace.unpack(tar.bytes, signal).finally(() => tar.bytes.destroy());
  const [filled, unpacked] = await Promise.allSettled([filling, unpacking]);
  signal.throwIfAborted();
  // What the sandbox says is why the filling broke off, unless that failed by itself.
  const isCause = filled.status === "rejected" && !(filled.reason instanceof RuntimeError && filled.reason.code === "closed");
  if (isCause) throw filled.reason;
  if (unpacked.status === "rejected") throw unpacked.reason;
}

/** Asked for by name, because git may ignore some in the sandbox that it does not ignore here. */
async function keepVersions(base: Base, { workspace, signal }: CopyInOptions): Promise<void> {
  const found = await workspace.stat([...base.entries.keys()], { withHash: false, signal });
  for (const path of base.entries.keys()) {
    const version = found.get(path)?.version;
    if (version === undefined) throw new RuntimeError("failed", `The sandbox has not kept ${path}. Its copy was not made.`);
    base.setVersion(path, version);
  }
}
