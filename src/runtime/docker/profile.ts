import type { ContainerCreateOptions, HostConfig, MountSettings } from "dockerode";
import { sandboxRoot } from "../../protocol/sandbox.ts";
import type { SandboxSettings } from "./sandboxes.ts";
import { type Arch, loaders } from "./tools/libraries.ts";

/** Who the sandbox's processes are. */
export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ProfileNeeds {
  /** The image as the engine knows it by its content, so that a name that moves meanwhile changes nothing. */
  readonly image: string;
  readonly imagePath: string;
  readonly user: SandboxUser;
  readonly network: string;
  readonly labels: Record<string, string>;
  /** The tools' volume. */
  readonly tools: string;
  /** The workspace's volume, or what is mounted in its place. */
  readonly workspace: string | readonly MountSettings[];
  readonly moreMounts: readonly MountSettings[];
  /** Where the agent's terminal starts. */
  readonly workingDir: string;
  /** The engine's processor, which the tools are made for. */
  readonly arch: Arch;
  /** Podman cannot say whose a file system in memory is. */
  readonly isPodman: boolean;
  readonly settings: SandboxSettings;
}

/** Where the tools volume is in every sandbox. */
export const toolsRoot = "/oh";
const home = "/home/agent";
const mostProcesses = 32_768;
/** Programs that an image may lack; those of the image itself come first. */
const lastPath = `${toolsRoot}/busybox`;

/** All that a sandbox may do, in Docker's words; test/integration/profile.test.ts holds what the engine made of it to a golden file. */
export function sandboxProfile(needs: ProfileNeeds): ContainerCreateOptions {
  const { image, user, labels, workingDir, arch } = needs;
  return {
    Image: image,
    User: `${user.uid}:${user.gid}`,
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    WorkingDir: "/",
    Env: environment(needs),
    Labels: labels,
    Entrypoint: [`${toolsRoot}/lib/${loaders[arch]}`, "--library-path", `${toolsRoot}/lib`, `${toolsRoot}/bin/node`],
    Cmd: [`${toolsRoot}/server/sandbox-server.js`, "--stdio", "--workspace", sandboxRoot, "--folder", workingDir],
    Healthcheck: { Test: ["NONE"] },
    StopSignal: "SIGTERM",
    HostConfig: hostConfig(needs),
  };
}

/** What the image itself says stays; of ours there is only this, and nothing of this machine. */
function environment({ imagePath }: ProfileNeeds): string[] {
  return [
    `HOME=${home}`,
    "USER=agent",
    "LOGNAME=agent",
    "LANG=C.UTF-8",
    `PATH=${imagePath}:${lastPath}`,
    `GIT_CONFIG_SYSTEM=${toolsRoot}/etc/gitconfig`,
  ];
}

function hostConfig(needs: ProfileNeeds): HostConfig & { readonly CgroupnsMode: string } {
  const {
    user: { uid, gid },
    network,
    isPodman,
    settings,
  } = needs;
  // Nobody else is in the container.
  const homeOwner = isPodman ? "mode=1777" : `uid=${uid},gid=${gid},mode=700`;
  const { memoryMegabytes } = settings;
  const memory = memoryMegabytes * 1024 * 1024;
  return {
    AutoRemove: true,
    Init: true,
    Privileged: false,
    ReadonlyRootfs: !settings.writableRoot,
    CapDrop: ["ALL"],
    CapAdd: [],
    SecurityOpt: ["no-new-privileges:true"],
    NetworkMode: network,
    PortBindings: {},
    PublishAllPorts: false,
    ExtraHosts: [],
    Dns: [],
    PidsLimit: settings.pids,
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: Math.round(settings.cpus * 1e9),
    ShmSize: 64 * 1024 * 1024,
    Ulimits: [
      { Name: "nofile", Soft: 4096, Hard: 8192 },
      { Name: "core", Soft: 0, Hard: 0 },
      // What Podman says otherwise may be more than the machine lets it; PidsLimit is what counts.
      ...(isPodman ? [{ Name: "nproc", Soft: mostProcesses, Hard: mostProcesses }] : []),
    ],
    // With `exec`, which Docker takes away otherwise: builds and tests run what they have just written there. What is in them is in memory, so
    // that they must be full before that is: to kill processes frees nothing of it.
    Tmpfs: {
      "/tmp": `rw,exec,nosuid,nodev,size=${Math.min(512, Math.floor(memoryMegabytes / 4))}m,mode=1777`,
      [home]: `rw,exec,nosuid,nodev,size=${Math.min(1024, Math.floor(memoryMegabytes / 2))}m,${homeOwner}`,
    },
    Mounts: mounts(needs),
    IpcMode: "private",
    CgroupnsMode: "private",
    UsernsMode: "",
    // What passes on the channel is not a log: kept, it would put files of the workspace on the engine's disk.
    LogConfig: { Type: "none", Config: {} },
    OomScoreAdj: 500,
    ...(settings.ociRuntime === "" ? {} : { Runtime: settings.ociRuntime }),
  };
}

function mounts({ workspace, moreMounts, tools, labels }: ProfileNeeds): MountSettings[] {
  const own = typeof workspace === "string" ? [volumeMount(workspace, sandboxRoot, labels)] : workspace;
  return [...own, { ...volumeMount(tools, toolsRoot, {}), ReadOnly: true }, ...moreMounts];
}

function volumeMount(source: string, target: string, labels: Record<string, string>): MountSettings {
  const options = { NoCopy: true, Labels: labels, DriverConfig: { Name: "local", Options: {} } };
  return { Type: "volume", Source: source, Target: target, ReadOnly: false, VolumeOptions: options };
}
