import { stat } from "node:fs/promises";
import { relative } from "node:path/posix";
import type Docker from "dockerode";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import { type DockerRef, mapFolders, sandboxRoot } from "../../protocol/sandbox.ts";
import { openRemoteRuntime } from "../remote/remoteRuntime.ts";
import { RuntimeError } from "../runtime.ts";
import type { EngineFacts } from "./engineFacts.ts";
import { ensureImage, type PresentImage, usualImage } from "./images.ts";
import { sandboxLabels } from "./labels.ts";
import { Life } from "./life.ts";
import { moreMounts, workspaceMounts } from "./mounts.ts";
import type { SandboxUser } from "./profile.ts";
import { removeContainer, runningSandbox, type SandboxListener } from "./runningSandbox.ts";
import type { Sandbox, SandboxesOptions, SandboxNeeds } from "./sandboxes.ts";
import { createContainer, startAttached } from "./startContainer.ts";
import type { Arch } from "./tools/libraries.ts";
import { toolsVolume } from "./tools/volume.ts";

export interface SandboxPlace {
  readonly docker: Docker;
  readonly facts: EngineFacts;
  readonly hostId: string;
  readonly options: SandboxesOptions;
}

/** A container of its own for the conversation, with its tools attached. */
export async function openSandbox(place: SandboxPlace, needs: SandboxNeeds, listener: SandboxListener): Promise<Sandbox> {
  const { docker, facts, hostId, options } = place;
  const { architecture } = facts;
  const { conversationId, onPhase, signal } = needs;
  const image = await ensureImage(docker, needs.ref.image, { architecture, onPhase, signal });
  const ref = { ...needs.ref, image: image.name };
  const arch = archOf(architecture);
  const tools = await toolsVolume({
    docker,
    dist: options.dist,
    stateFolder: options.stateFolder,
    path: options.environment["PATH"],
    nodePrograms: options.nodePrograms ?? [],
    arch,
    images: [usualImage, image.id],
    onPhase,
    signal,
  });
  const mapped = mapFolders(needs.folders);
  const folders = mapped.map(({ sandbox }) => sandbox);
  const [workingDir = sandboxRoot] = folders;
  const settings = options.settings();
  const isCopy = ref.workspace === "copy";
  if (facts.isElsewhere && (!isCopy || settings.mounts.length > 0)) throw new RuntimeError("failed", notThere(facts.address));
  const user = await sandboxUser(isCopy ? undefined : needs.folders[0]);
  onPhase("Starting the container");
  const container = await createContainer(docker, {
    name: `oh-${conversationId}`,
    profile: {
      image: image.id,
      imagePath: pathOf(image),
      user,
      network: ref.network,
      labels: sandboxLabels(hostId, conversationId),
      tools,
      workspace: isCopy ? `oh-${conversationId}` : await workspaceMounts(mapped),
      moreMounts: await moreMounts(settings.mounts),
      workingDir,
      arch,
      settings,
    },
    signal,
  });
  const life = new Life({ docker, container: container.id, memoryMegabytes: settings.memoryMegabytes, onPhase, log: options.log });
  try {
    const attached = await startAttached(container, {
      user,
      ownFolders: isCopy ? folders.map((folder) => relative(sandboxRoot, folder)) : undefined,
      signal,
    });
    const describe = (info: RuntimeInfo): RuntimeInfo => ({ ...info, ...inside(ref, folders) });
    const runtime = await openRemoteRuntime({ stream: attached.stream, describe, signal });
    life.attach(attached, () => runtime.ping());
    return runningSandbox({ docker, container, runtime, life, ref, listener, log: options.log });
  } catch (error) {
    const cause = signal.aborted ? undefined : await life.cause();
    life[Symbol.dispose]();
    await removeContainer(container, options.log);
    throw cause ?? error;
  }
}

function notThere(address: string): string {
  return `The engine at ${address} is on another machine and cannot see folders of this one: let sandboxes work on a copy, without further mounts.`;
}

/** What the agent is told of where it is. */
function inside(ref: DockerRef, folders: readonly string[]) {
  const [workingDir = sandboxRoot] = folders;
  const more = folders.length > 1 ? { folders: [...folders] } : {};
  return { kind: "docker" as const, isSandboxed: true, image: ref.image, isCopy: ref.workspace === "copy", workingDir, ...more };
}

const archs: Readonly<Record<string, Arch>> = { amd64: "x64", x86_64: "x64", arm64: "arm64", aarch64: "arm64" };

function archOf(name: string): Arch {
  const arch = archs[name];
  if (arch === undefined) throw new RuntimeError("failed", `The engine runs on ${name} processors; sandboxes run on amd64 and arm64.`);
  return arch;
}

function pathOf({ environment }: PresentImage): string {
  const path = environment.find((line) => line.startsWith("PATH="))?.slice("PATH=".length);
  return path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/** Who a person is on Linux, so that files are theirs; never root. In a folder that is shared it is the folder's owner. */
async function sandboxUser(shared: string | undefined): Promise<SandboxUser> {
  const usual = { uid: 1000, gid: 1000 };
  if (process.platform !== "linux") return usual;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  if (shared === undefined) return usual;
  const owner = await stat(shared);
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  throw new RuntimeError(
    "no-permission",
    `The folder ${shared} belongs to root, and a sandbox never acts as root: give it to another user, or let the sandbox work on a copy.`,
  );
}
