import { relative } from "node:path/posix";
import type Docker from "dockerode";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import { type LeftOut, sandboxRoot } from "../../protocol/sandbox.ts";
import { openRemoteRuntime } from "../remote/remoteRuntime.ts";
import { removeBase } from "../workspaceCopy/base.ts";
import type { EngineFacts } from "./engineFacts.ts";
import { keep } from "./kept.ts";
import { Life } from "./life.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { removeContainer, runningSandbox, type SandboxListener } from "./runningSandbox.ts";
import type { Sandbox, SandboxesOptions, SandboxNeeds } from "./sandboxes.ts";
import { createContainer, startAttached } from "./startContainer.ts";
import { baseFolder } from "./sweep.ts";
import { fillWorkspace, isFilled, removeVolume } from "./workspaceVolume.ts";

export interface SandboxPlace {
  readonly docker: Docker;
  readonly facts: EngineFacts;
  readonly hostId: string;
  readonly options: SandboxesOptions;
}

/** A container of its own for the conversation, with its tools attached and its workspace filled. */
export async function openSandbox(place: SandboxPlace, needs: SandboxNeeds, listener: SandboxListener): Promise<Sandbox> {
  const { docker, options } = place;
  const prepared = await prepare(place, needs);
  if (prepared.ref.workspace === "bind") return await start(place, needs, { prepared, listener, fill: () => Promise.resolve(nothing) });
  const base = baseFolder(options.stateFolder, needs.conversationId);
  const wasFilled = await isFilled(docker, { name: prepared.name, base, log: options.log });
  try {
    await keep(base, { ref: prepared.ref, folders: [...needs.folders] });
    const { folders } = prepared;
    const { onPhase, signal } = needs;
    return await start(place, needs, {
      prepared,
      listener,
      fill: ({ workspace }) => fillWorkspace({ folders, workspace, base, onPhase, signal }),
    });
  } catch (error) {
    // A copy that was not finished is none.
    if (!wasFilled) await Promise.all([removeBase(base), removeVolume(docker, prepared.name, options.log)]);
    throw error;
  }
}

const nothing: LeftOut = { secrets: [], notes: [] };

interface Start {
  readonly prepared: Prepared;
  readonly listener: SandboxListener;
  readonly fill: (runtime: Awaited<ReturnType<typeof openRemoteRuntime>>) => Promise<LeftOut>;
}

async function start({ docker, options }: SandboxPlace, needs: SandboxNeeds, { prepared, listener, fill }: Start): Promise<Sandbox> {
  const { onPhase, signal } = needs;
  const { name, profile, ref } = prepared;
  onPhase("Starting the container");
  const container = await createContainer(docker, { name, profile, signal });
  const { memoryMegabytes } = profile.settings;
  const life = new Life({ docker, container: container.id, memoryMegabytes, onPhase, log: options.log });
  try {
    const attached = await startAttached(container, { user: profile.user, ownFolders: ownFolders(prepared), signal });
    const describe = (info: RuntimeInfo): RuntimeInfo => ({ ...info, ...inside(prepared) });
    const runtime = await openRemoteRuntime({ stream: attached.stream, describe, signal });
    life.attach(attached, () => runtime.ping());
    const leftOut = await fill(runtime);
    return runningSandbox({ docker, container, runtime, life, ref, leftOut, listener, log: options.log });
  } catch (error) {
    const cause = signal.aborted ? undefined : await life.cause();
    life[Symbol.dispose]();
    await removeContainer(container, options.log);
    throw cause ?? error;
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
