import { randomUUID } from "node:crypto";
import { relative } from "node:path/posix";
import type Docker from "dockerode";
import type { ConversationId } from "../../protocol/ids.ts";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import { type LeftOut, sandboxRoot } from "../../protocol/sandbox.ts";
import { openRemoteRuntime, type RemoteRuntime } from "../remote/remoteRuntime.ts";
import { RuntimeError } from "../runtime.ts";
import { removeBase } from "../workspaceCopy/base.ts";
import { openReview } from "../workspaceCopy/openReview.ts";
import type { Review } from "../workspaceCopy/review.ts";
import type { EngineFacts } from "./engineFacts.ts";
import { keep, readKept } from "./kept.ts";
import { Life } from "./life.ts";
import { makeNetwork, removeNetwork } from "./network.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { refusal } from "./refusal.ts";
import { removeContainer, runningSandbox, type SandboxListener } from "./runningSandbox.ts";
import type { Sandbox, SandboxesOptions, SandboxNeeds } from "./sandboxes.ts";
import { createContainer, startAttached } from "./startContainer.ts";
import { baseFolder } from "./sweep.ts";
import { agreeOnVolume, checkVolume, filledVolume, fillWorkspace, removeVolume } from "./workspaceVolume.ts";

export interface SandboxPlace {
  readonly docker: Docker;
  readonly facts: EngineFacts;
  readonly hostId: string;
  readonly options: SandboxesOptions;
}

/** A container of its own for the conversation, with its tools attached and its workspace filled. */
export async function openSandbox(place: SandboxPlace, needs: SandboxNeeds, listener: SandboxListener): Promise<Sandbox> {
  const { docker, facts, options } = place;
  const prepared = await prepare(place, needs);
  const { name, ref, folders, profile } = prepared;
  if (ref.workspace === "bind") return await start(place, needs, { prepared, name, listener, fill: () => Promise.resolve(shared) });
  const base = baseFolder(options.stateFolder, needs.conversationId);
  const filled = await agreeOnVolume({ docker, facts, name, base, log: options.log });
  const volume = filled ?? profile.labels["created"] ?? "";
  try {
    await keep(base, { ref, folders: [...needs.folders], engine: { id: facts.id, address: facts.address }, volume });
    // Podman forgets the labels of a volume that it makes for a container.
    if (filled === undefined && profile.isPodman) await docker.createVolume({ Name: name, Labels: profile.labels });
    const { onPhase, signal } = needs;
    const fill = async ({ workspace }: RemoteRuntime): Promise<Filled> => {
      await checkVolume(docker, name, volume);
      const leftOut = await fillWorkspace({ folders, workspace, base, onPhase, signal });
      return { leftOut, review: await openReview({ base, folders, workspace, hostFiles: options.hostFiles }) };
    };
    return await start(place, needs, { prepared, name, listener, fill });
  } catch (error) {
    // A copy that was not finished is none.
    if (filled === undefined) await Promise.all([removeBase(base), removeVolume(docker, name, options.log)]);
    throw error;
  }
}

/** The kept workspace of a sandbox that does not run here, in a container of its own beside whatever else has it. Rejects with RuntimeError when none is kept. */
export async function openKept(place: SandboxPlace, id: ConversationId, signal: AbortSignal): Promise<Sandbox> {
  const { docker, facts, options } = place;
  const base = baseFolder(options.stateFolder, id);
  const kept = await readKept(base);
  if (kept?.ref.workspace === "bind")
    throw new RuntimeError("not-found", "This sandbox works on the folders themselves: there is nothing to review.");
  const volume = await filledVolume({ docker, facts, name: `oh-${id}`, base, log: options.log });
  if (kept === undefined || volume === undefined) throw new RuntimeError("not-found", "No changes of this sandbox are kept.");
  const needs = {
    conversationId: id,
    folders: kept.folders,
    ref: { ...kept.ref, network: "none" as const },
    onPhase: () => undefined,
    signal,
  };
  const prepared = await prepare(place, needs);
  const { folders, name } = prepared;
  const fill = async ({ workspace }: RemoteRuntime): Promise<Filled> => {
    await checkVolume(docker, name, volume);
    return { leftOut: shared.leftOut, review: await openReview({ base, folders, workspace, hostFiles: options.hostFiles }) };
  };
  const nobody = { onChange: () => undefined, onEnded: () => undefined };
  return await start(place, needs, { prepared, name: `${name}-review-${randomUUID().slice(0, 8)}`, listener: nobody, fill });
}

const shared: Filled = { leftOut: { secrets: [], notes: [] }, review: undefined };

interface Filled {
  readonly leftOut: LeftOut;
  readonly review: (Review & AsyncDisposable) | undefined;
}

interface Start {
  readonly prepared: Prepared;
  /** The container's. */
  readonly name: string;
  readonly listener: SandboxListener;
  readonly fill: (runtime: RemoteRuntime) => Promise<Filled>;
}

async function start({ docker, options }: SandboxPlace, needs: SandboxNeeds, { prepared, name, listener, fill }: Start): Promise<Sandbox> {
  const { onPhase, signal } = needs;
  const { profile, ref } = prepared;
  onPhase("Starting the container");
  const network = { docker, name, labels: profile.labels, log: options.log };
  const removeOwn = async (): Promise<void> => (ref.network === "none" ? undefined : removeNetwork(network));
  if (ref.network !== "none") await makeNetwork(network);
  const container = await createContainer(docker, { name, profile, signal }).catch(async (error: unknown) => {
    await removeOwn();
    throw error;
  });
  const { memoryMegabytes } = profile.settings;
  const life = new Life({ docker, container: container.id, memoryMegabytes, pauseMs: options.pauseMs, onPhase, log: options.log });
  try {
    const attached = await startAttached(container, {
      user: profile.user,
      isPodman: profile.isPodman,
      ownFolders: ownFolders(prepared),
      signal,
    });
    const describe = (info: RuntimeInfo): RuntimeInfo => ({ ...info, ...inside(prepared) });
    const runtime = await openRemoteRuntime({ stream: attached.stream, describe, signal });
    life.attach(attached, () => runtime.ping());
    const filled = await fill(runtime);
    return runningSandbox({ container, runtime, life, ref, network, ...filled, listener, log: options.log });
  } catch (error) {
    const cause = signal.aborted ? undefined : await life.cause();
    life[Symbol.dispose]();
    await removeContainer(container, options.log);
    await removeOwn();
    throw cause ?? refusal(error, "the sandbox could not be started");
  }
}

/** Those of the workspace's volume, from there. */
function ownFolders({ ref, folders }: Prepared): string[] | undefined {
  return ref.workspace === "copy" ? folders.map(({ sandbox }) => relative(sandboxRoot, sandbox)) : undefined;
}

/** What the agent is told of where it is. */
function inside({ ref, folders, profile: { workingDir } }: Prepared) {
  const more = folders.length > 1 ? { folders: folders.map(({ sandbox }) => sandbox) } : {};
  return { kind: "docker" as const, isSandboxed: true, image: ref.image, isCopy: ref.workspace === "copy", workingDir, ...more };
}
