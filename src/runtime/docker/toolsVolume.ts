import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import type Docker from "dockerode";
import { type Pack, pack } from "tar-stream";
import { RuntimeError } from "../runtime.ts";
import { toolsRoot } from "./profile.ts";
import { hashOf, type ToolFile, type Tools } from "./tools.ts";

const staleMs = 2 * 60_000;
const pollMs = 200;

/**
 * The name of the volume with these tools, filled by whoever comes first. `image` is any that is there; nothing of it is started.
 *
 * A volume is whole when it is there and no container holds its lock: the lock is there before the volume, and goes after the last file.
 */
export async function toolsVolume(
  docker: Docker,
  tools: Tools,
  { image, signal }: { readonly image: string; readonly signal: AbortSignal },
) {
  const name = `openhands-tools-${await hashOf(tools)}`;
  const lock = `${name}-filling`;
  for (;;) {
    signal.throwIfAborted();
    const isThere = await exists(docker.getVolume(name).inspect());
    const holder = await docker.getContainer(lock).inspect().catch(ifMissing);
    if (isThere && holder === undefined) return name;
    if (holder !== undefined && Date.now() - Date.parse(holder.Created) < staleMs) await setTimeout(pollMs, undefined, { signal });
    else if (holder !== undefined) await clear(docker, name, lock);
    else if (await takeLock(docker, lock, image)) await fillLocked(docker, { name, lock, image, tools });
  }
}

async function exists(inspecting: Promise<unknown>): Promise<boolean> {
  return (await inspecting.catch(ifMissing)) !== undefined;
}

function ifMissing(error: unknown): undefined {
  if (statusOf(error) === 404) return undefined;
  throw error;
}

/** The HTTP status with which the engine has refused. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
}

async function takeLock(docker: Docker, lock: string, image: string): Promise<boolean> {
  try {
    await docker.createContainer({ name: lock, Image: image, Entrypoint: ["/lock"], HostConfig: { NetworkMode: "none" } });
    return true;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
}

async function fillLocked(docker: Docker, needs: { name: string; lock: string; image: string; tools: Tools }): Promise<void> {
  const { name, lock, image, tools } = needs;
  try {
    const filler = await docker.createContainer({
      name: `${name}-filler`,
      Image: image,
      Entrypoint: ["/filler"],
      Labels: { app: "openhands-vscode" },
      HostConfig: { NetworkMode: "none", Mounts: [volumeAt(name)] },
    });
    await putFiles(filler, tools.files);
    await filler.remove({ force: true, v: true });
    await docker.getContainer(lock).remove({ force: true, v: true });
  } catch (cause) {
    await clear(docker, name, lock);
    throw new RuntimeError("failed", "The tools of sandboxes could not be put on the engine.", { cause });
  }
}

function volumeAt(name: string) {
  const options = { NoCopy: true, Labels: { app: "openhands-vscode" }, DriverConfig: { Name: "local", Options: {} } };
  return { Type: "volume" as const, Source: name, Target: toolsRoot, ReadOnly: false, VolumeOptions: options };
}

/** The lock goes last, so that nobody takes a part of a volume for a whole one. */
async function clear(docker: Docker, name: string, lock: string): Promise<void> {
  await docker.getContainer(`${name}-filler`).remove({ force: true, v: true }).catch(ifMissing);
  await docker.getVolume(name).remove({ force: true }).catch(ifMissing);
  await docker.getContainer(lock).remove({ force: true, v: true }).catch(ifMissing);
}

async function putFiles(container: Docker.Container, files: readonly ToolFile[]): Promise<void> {
  const tar = pack();
  await Promise.all([container.putArchive(Readable.from(tar), { path: toolsRoot }), writeFiles(tar, files)]);
}

async function writeFiles(tar: Pack, files: readonly ToolFile[]): Promise<void> {
  const folders = new Set(
    files.flatMap(({ to }) =>
      to
        .split("/")
        .slice(0, -1)
        .map((_, index, parts) => parts.slice(0, index + 1).join("/")),
    ),
  );
  for (const folder of folders) tar.entry({ name: `${folder}/`, type: "directory", mode: 0o755 });
  for (const file of files) {
    const { to: name, mode } = file;
    if ("link" in file) tar.entry({ name, mode, type: "symlink", linkname: file.link });
    else if ("text" in file) tar.entry({ name, mode }, file.text);
    else await pipeline(createReadStream(file.from), tar.entry({ name, mode, size: (await stat(file.from)).size }));
  }
  tar.finalize();
}
