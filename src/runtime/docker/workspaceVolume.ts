import type Docker from "dockerode";
import type { Log } from "../../protocol/log.ts";
import type { LeftOut, MappedFolder } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { readLeftOut, removeBase } from "../workspaceCopy/base.ts";
import { copyIn } from "../workspaceCopy/copyIn.ts";
import { ifMissing } from "./engineAnswers.ts";
import { removeContainer } from "./runningSandbox.ts";

/**
 * Puts the volume and what is kept of its copy on this machine into agreement: a copy without its volume is none, and a volume without its copy
 * was never filled. Resolves to whether a filled one is there.
 */
export async function isFilled(
  docker: Docker,
  { name, base, log }: { readonly name: string; readonly base: string; readonly log: Log },
): Promise<boolean> {
  if (await isKept(docker, name, base)) return true;
  await removeBase(base);
  await removeContainer(docker.getContainer(name), log);
  await removeVolume(docker, name, log);
  return false;
}

/** Whether there is a workspace, and what it was copied from. */
export async function isKept(docker: Docker, name: string, base: string): Promise<boolean> {
  const [found, leftOut] = await Promise.all([docker.getVolume(name).inspect().catch(ifMissing), readLeftOut(base)]);
  return found !== undefined && leftOut !== undefined;
}

/** Never rejects: what stays is found by a sweep. */
export async function removeVolume(docker: Docker, name: string, log: Log): Promise<void> {
  try {
    await docker.getVolume(name).remove({ force: true }).catch(ifMissing);
  } catch (error) {
    log.warn("a sandbox's volume could not be removed", { error: messageOf(error) });
  }
}

export interface FillNeeds {
  readonly folders: readonly MappedFolder[];
  readonly workspace: RemoteWorkspace;
  readonly base: string;
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

/** What was left out of the copy, which is made now when there is none. */
export async function fillWorkspace({ base, onPhase, ...needs }: FillNeeds): Promise<LeftOut> {
  const known = await readLeftOut(base);
  if (known !== undefined) return known;
  onPhase("Copying the workspace");
  const onProgress = (bytes: number, totalBytes: number): void =>
    onPhase(`Copying the workspace · ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`);
  return await copyIn({ ...needs, base, onProgress });
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0);
}
