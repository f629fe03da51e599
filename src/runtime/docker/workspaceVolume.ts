import type Docker from "dockerode";
import type { Log } from "../../protocol/log.ts";
import type { LeftOut, MappedFolder } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { RuntimeError } from "../runtime.ts";
import { readLeftOut, removeBase } from "../workspaceCopy/base.ts";
import { copyIn } from "../workspaceCopy/copyIn.ts";
import { ifMissing } from "./engineAnswers.ts";
import type { EngineFacts } from "./engineFacts.ts";
import { readKept } from "./kept.ts";
import { removeContainer } from "./runningSandbox.ts";

/** Where a conversation's workspace is kept. */
export interface WorkspacePlace {
  readonly docker: Docker;
  readonly facts: Pick<EngineFacts, "id" | "address">;
  /** Of the volume. */
  readonly name: string;
  /** The folder of this machine with what it was copied from. */
  readonly base: string;
  readonly log: Log;
}

/**
 * Puts the volume and what is kept of its copy on this machine into agreement: a copy without its volume is none, and a volume without its copy
 * was never filled. Resolves to the stamp of the filled one, undefined when none is there; rejects as filledVolume does.
 */
export async function agreeOnVolume(place: WorkspacePlace): Promise<string | undefined> {
  const filled = await filledVolume(place);
  if (filled !== undefined) return filled;
  const { docker, name, base, log } = place;
  await removeBase(base);
  await removeContainer(docker.getContainer(name), log);
  await removeVolume(docker, name, log);
  return undefined;
}

/**
 * The stamp of the volume that was filled from what is kept here; undefined when there is none. Another volume of its name counts as none, because
 * all that it lacks would look deleted. Rejects with RuntimeError when the one that was filled is on another engine.
 */
export async function filledVolume({ docker, facts, name, base }: WorkspacePlace): Promise<string | undefined> {
  const [stamp, leftOut, kept] = await Promise.all([volumeStamp(docker, name), readLeftOut(base), readKept(base)]);
  if (leftOut === undefined) return undefined;
  if (stamp !== undefined && (kept === undefined || kept.volume === stamp)) return stamp;
  if (kept !== undefined && kept.engine.id !== facts.id && kept.engine.address !== facts.address)
    throw new RuntimeError(
      "not-found",
      `The workspace of this sandbox is on the engine at ${kept.engine.address}, and this one is at ${facts.address}: use that engine again, or delete the sandbox with all that is not applied.`,
    );
  return undefined;
}

/** When the volume was made, as its label says; undefined when there is none. */
async function volumeStamp(docker: Docker, name: string): Promise<string | undefined> {
  const volume = await docker.getVolume(name).inspect().catch(ifMissing);
  // Docker says null where there are no labels.
  const labels: Readonly<Record<string, string>> | null | undefined = volume?.Labels;
  return volume && (labels?.["created"] ?? "");
}

/** Rejects with RuntimeError unless the volume that the container has is the expected one: an engine makes what is missing. */
export async function checkVolume(docker: Docker, name: string, expected: string): Promise<void> {
  if ((await volumeStamp(docker, name)) !== expected)
    throw new RuntimeError("failed", `The volume ${name} is another one than before; nothing was done with it. Try again.`);
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
