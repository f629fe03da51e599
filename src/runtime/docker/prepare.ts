import { stat } from "node:fs/promises";
import { type DockerRef, type MappedFolder, mapFolders, sandboxRoot } from "../../protocol/sandbox.ts";
import { RuntimeError } from "../runtime.ts";
import { ensureImage, type PresentImage, usualImage } from "./images.ts";
import { sandboxLabels } from "./labels.ts";
import { moreMounts, workspaceMounts } from "./mounts.ts";
import type { SandboxPlace } from "./openSandbox.ts";
import type { ProfileNeeds, SandboxUser } from "./profile.ts";
import type { SandboxNeeds } from "./sandboxes.ts";
import type { Arch } from "./tools/libraries.ts";
import { toolsVolume } from "./tools/volume.ts";

export interface Prepared {
  /** With the image's name, also when none was chosen. */
  readonly ref: DockerRef;
  readonly folders: readonly MappedFolder[];
  /** Of its container, and of its workspace's volume. */
  readonly name: string;
  readonly profile: ProfileNeeds;
}

/** What a container needs before it can be made: its image, our tools, and who it acts as. Nothing of the conversation is on the engine yet. */
export async function prepare({ docker, facts, hostId, options }: SandboxPlace, needs: SandboxNeeds): Promise<Prepared> {
  const { conversationId, onPhase, signal } = needs;
  const settings = options.settings();
  const isCopy = needs.ref.workspace === "copy";
  if (facts.isElsewhere && (!isCopy || settings.mounts.length > 0)) throw new RuntimeError("failed", notThere(facts.address));
  const image = await ensureImage(docker, needs.ref.image, { architecture: facts.architecture, onPhase, signal });
  const arch = archOf(facts.architecture);
  const tools = await toolsVolume({
    docker,
    dist: options.dist,
    stateFolder: options.stateFolder,
    hostId,
    path: options.environment["PATH"],
    nodePrograms: options.nodePrograms ?? [],
    arch,
    images: [usualImage, image.id],
    onPhase,
    signal,
  });
  const folders = mapFolders(needs.folders);
  const name = `oh-${conversationId}`;
  const profile = {
    image: image.id,
    imagePath: pathOf(image),
    user: await sandboxUser(isCopy ? undefined : needs.folders[0]),
    network: needs.ref.network === "none" ? "none" : name,
    labels: sandboxLabels(hostId, conversationId),
    tools,
    workspace: isCopy ? name : await workspaceMounts(folders),
    moreMounts: await moreMounts(settings.mounts),
    workingDir: folders[0]?.sandbox ?? sandboxRoot,
    arch,
    isPodman: facts.name === "Podman",
    settings,
  };
  return { ref: { ...needs.ref, image: image.name }, folders, name, profile };
}

function notThere(address: string): string {
  return `The engine at ${address} is on another machine and cannot see folders of this one: let sandboxes work on a copy, without further mounts.`;
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
