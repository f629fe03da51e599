import { relative } from "node:path/posix";
import type Docker from "dockerode";
import { type DockerRef, mapFolders, sandboxRoot, sandboxWall } from "../../protocol/sandbox.ts";
import { openRemoteRuntime } from "../remote/remoteRuntime.ts";
import { RuntimeError } from "../runtime.ts";
import { statusOf } from "./engineAnswers.ts";
import { ensureImage, type PresentImage, usualImage } from "./images.ts";
import { sandboxLabels } from "./labels.ts";
import type { SandboxUser } from "./profile.ts";
import type { Sandbox, SandboxesOptions, SandboxNeeds } from "./sandboxes.ts";
import { startContainer } from "./startContainer.ts";
import type { Arch } from "./tools/libraries.ts";
import { toolsVolume } from "./tools/volume.ts";

export interface SandboxPlace {
  readonly docker: Docker;
  /** The engine's, in the words of images. */
  readonly architecture: string;
  readonly hostId: string;
  readonly options: SandboxesOptions;
}

/** A container of its own for the conversation, with its tools attached. */
export async function openSandbox({ docker, architecture, hostId, options }: SandboxPlace, needs: SandboxNeeds): Promise<Sandbox> {
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
  const folders = mapFolders(needs.folders).map(({ sandbox }) => sandbox);
  const [workingDir = sandboxRoot] = folders;
  onPhase("Starting the container");
  const { container, stream } = await startContainer(docker, {
    name: `oh-${conversationId}`,
    profile: {
      image: image.id,
      imagePath: pathOf(image),
      user: sandboxUser(),
      network: ref.network,
      labels: sandboxLabels(hostId, conversationId),
      tools,
      workspace: `oh-${conversationId}`,
      workingDir,
      arch,
      settings: options.settings(),
    },
    folders: folders.map((folder) => relative(sandboxRoot, folder)).filter((folder) => folder !== ""),
    signal,
  });
  const remove = (): Promise<void> => container.remove({ force: true, v: true }).catch(ifGone);
  try {
    const runtime = await openRemoteRuntime({ stream, describe: (info) => ({ ...info, ...inside(ref, folders) }), signal });
    return {
      ...runtime,
      terminal: { ...runtime.terminal, ...nobodyWatches },
      ref,
      lost: new AbortController().signal,
      review: undefined,
      leftOut: { secrets: [], notes: [] },
      openShell: () => Promise.reject(new RuntimeError("failed", "A shell of one's own in a sandbox is not there yet.")),
      setNetwork: () => Promise.reject(new RuntimeError("failed", "The network cannot be switched yet.")),
      [Symbol.asyncDispose]: async () => {
        await runtime[Symbol.asyncDispose]();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const nobodyWatches = {
  onRaw: () => ({ [Symbol.dispose]: () => undefined }),
  type: () => undefined,
  resize: () => undefined,
  interrupt: () => Promise.resolve(),
};

/** What the agent is told of where it is. */
function inside(ref: DockerRef, folders: readonly string[]) {
  const [workingDir = sandboxRoot] = folders;
  const wall = sandboxWall(ref);
  const more = folders.length > 1 ? { folders: [...folders] } : {};
  const image = ref.image === "" ? {} : { image: ref.image };
  const isCopy = ref.workspace === "copy";
  return { kind: "docker" as const, wall, isSandboxed: true, isCopy, ...image, hasNetwork: ref.network !== "none", workingDir, ...more };
}

function ifGone(error: unknown): void {
  // It removes itself when it has ended: 409 says that this is under way.
  if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
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

/** Who a person is on Linux, so that files in a shared folder are theirs; never root. */
function sandboxUser(): SandboxUser {
  const uid = process.platform === "linux" ? (process.getuid?.() ?? 0) : 0;
  return uid === 0 ? { uid: 1000, gid: 1000 } : { uid, gid: process.getgid?.() ?? uid };
}
