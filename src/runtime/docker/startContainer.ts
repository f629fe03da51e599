import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { sandboxRoot } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { attachContainer } from "./attachContainer.ts";
import { type Attached, attached } from "./attached.ts";
import { statusOf } from "./engineAnswers.ts";
import { type ProfileNeeds, type SandboxUser, sandboxProfile } from "./profile.ts";
import { refusal } from "./refusal.ts";

export interface CreateNeeds {
  /** The container's name: there is one of a conversation. */
  readonly name: string;
  readonly profile: ProfileNeeds;
  readonly signal: AbortSignal;
}

export interface StartNeeds {
  readonly user: SandboxUser;
  /** Podman gives a new volume to the container's user by itself. */
  readonly isPodman: boolean;
  /** Folders below the workspace's volume that have to be there, and are made the sandbox's own with it; undefined where there is no volume. */
  readonly ownFolders: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** Starts what was created, with its main process attached. When this rejects, the container may be there, and may run. */
export async function startAttached(container: Docker.Container, { user, isPodman, ownFolders, signal }: StartNeeds): Promise<Attached> {
  if (ownFolders !== undefined)
    await ownWorkspace(container, user, [...(isPodman ? [] : [`..${sandboxRoot}`]), ...ownFolders.filter((folder) => folder !== "")]);
  signal.throwIfAborted();
  const both = attached(await attachContainer(container, signal));
  try {
    signal.throwIfAborted();
    await container.start();
    return both;
  } catch (error) {
    both.stream.destroy();
    throw error;
  }
}

const removalMs = 5_000;
const pollMs = 50;

/** One of the same name that is still there is a rest of an earlier one, because a conversation has one writer: it ends, or is ended. */
export async function createContainer(docker: Docker, { name, profile, signal }: CreateNeeds): Promise<Docker.Container> {
  const options = { name, ...sandboxProfile(profile) };
  for (const giveUpAt = performance.now() + removalMs; ; ) {
    signal.throwIfAborted();
    try {
      return await docker.createContainer(options);
    } catch (error) {
      if (statusOf(error) !== 409) throw refusal(error, "the sandbox's container was not made");
      if (performance.now() > giveUpAt)
        throw new RuntimeError("failed", `The container ${name} of before does not go: ${messageOf(error)}`, { cause: error });
      // A removal that is under way answers 409 as well.
      await docker
        .getContainer(name)
        .remove({ force: true, v: true })
        .catch(() => undefined);
      await setTimeout(pollMs, undefined, { signal });
    }
  }
}

/**
 * Makes the workspace the sandbox's own before anything runs, because nothing inside may change owners. The volume's own folder cannot be
 * named by "./", which Docker passes over, nor from the root, which is read-only.
 */
async function ownWorkspace(container: Docker.Container, { uid, gid }: SandboxUser, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const tar = pack();
  for (const folder of folders) tar.entry({ name: `${folder}/`, type: "directory", uid, gid, mode: 0o755 });
  tar.finalize();
  await container.putArchive(await buffer(tar), { path: sandboxRoot });
}
