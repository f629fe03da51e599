// Sandboxes with a state folder of their own, which take all that they have made with them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type Docker from "dockerode";
import type { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import type { DockerRef } from "../../src/protocol/sandbox.ts";
import { statusOf } from "../../src/runtime/docker/engineAnswers.ts";
import { type Sandbox, Sandboxes, type SandboxesOptions, type SandboxSettings } from "../../src/runtime/docker/sandboxes.ts";
import { MachineFiles } from "../../src/runtime/machine/machineFiles.ts";
import { root } from "./checkout.ts";
import type { TestEngine } from "./docker.ts";
import { until } from "./until.ts";
import { newId } from "./workspaces.ts";

export const usualSettings: SandboxSettings = {
  dockerHost: "",
  memoryMegabytes: 512,
  cpus: 2,
  pids: 512,
  mounts: [],
  writableRoot: false,
  ociRuntime: "",
};

export interface TestSandboxes extends AsyncDisposable {
  readonly sandboxes: Sandboxes;
  /** An empty folder of this machine. */
  readonly folder: string;
  readonly stateFolder: string;
  /** The conversation that it was opened for; its container and its volume are called `oh-<id>`. */
  idOf(sandbox: Sandbox): ConversationId;
  open(
    ref?: Partial<DockerRef>,
    more?: {
      readonly id?: ConversationId;
      readonly folders?: readonly string[];
      readonly onPhase?: (phase: string) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<Sandbox>;
}

export async function testSandboxes({ docker }: TestEngine, options: Partial<SandboxesOptions> = {}): Promise<TestSandboxes> {
  const state = await mkdtemp(path.join(tmpdir(), "openhands-sandboxes-"));
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-folder-"));
  const sandboxes = new Sandboxes({
    dist: path.join(root, "dist"),
    stateFolder: state,
    settings: () => usualSettings,
    hostFiles: new MachineFiles(),
    environment: process.env,
    log: noLog,
    ...options,
  });
  const ids = new Map<Sandbox, ConversationId>();
  /** Also those that could not be opened. */
  const tried = new Set<ConversationId>();
  return {
    sandboxes,
    folder,
    stateFolder: state,
    idOf: (sandbox) => ids.get(sandbox) ?? newId(),
    open: async (ref = {}, { id = newId(), folders = [folder], onPhase = () => undefined, signal = AbortSignal.timeout(60_000) } = {}) => {
      tried.add(id);
      const sandbox = await sandboxes.open({
        conversationId: id,
        folders,
        ref: { kind: "docker", image: "debian:bookworm-slim", network: "none", workspace: "copy", ...ref },
        onPhase,
        signal,
      });
      ids.set(sandbox, id);
      return sandbox;
    },
    [Symbol.asyncDispose]: async () => {
      await sandboxes[Symbol.asyncDispose]();
      await Promise.all([...tried].map((id) => removeVolume(docker, `oh-${id}`)));
      await Promise.all([state, folder].map((place) => rm(place, { recursive: true, force: true })));
    },
  };
}

/** A container that could not be removed goes by itself, and only then its volume can. */
async function removeVolume(docker: Docker, name: string): Promise<void> {
  await until(`the end of ${name}`, async () => {
    const status = await docker
      .getVolume(name)
      .remove({ force: true })
      .then(() => 404, statusOf);
    return status === 404;
  });
}
