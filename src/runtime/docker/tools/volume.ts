import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import type Docker from "dockerode";
import { type Pack, pack } from "tar-stream";
import { RuntimeError } from "../../runtime.ts";
import { ifMissing, statusOf } from "../engineAnswers.ts";
import { makerLabels } from "../labels.ts";
import { toolsRoot } from "../profile.ts";
import { refusal } from "../refusal.ts";
import { isAlive } from "../sweep.ts";
import { findBusybox } from "./busybox.ts";
import { hashOf, ptyModule, serverFile, type ToolFile, toolFiles } from "./gather.ts";
import { openImageTree } from "./imageTree.ts";
import type { Arch } from "./libraries.ts";
import { nodeHere, nodeOfImage, nodesHere } from "./node.ts";

export interface ToolsNeeds {
  readonly docker: Docker;
  readonly dist: string;
  /** Where the name of the last volume is remembered, so that its contents need not be read to know it. */
  readonly stateFolder: string;
  /** Who we are for the labels of what is there while the volume is filled. */
  readonly hostId: string;
  /** Where this machine's Nodes are looked for: its PATH, and other programs. */
  readonly path: string | undefined;
  readonly nodePrograms: readonly string[];
  /** The engine's processor. */
  readonly arch: Arch;
  /** Images that may have a Node, the best first; those that are not there are passed over. The last one is the sandbox's own and is there. */
  readonly images: readonly [...string[], string];
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

/** The name of the volume with the tools of this version, made at the first use. */
export async function toolsVolume(needs: ToolsNeeds): Promise<string> {
  const { dist, stateFolder, arch, path, nodePrograms, docker, signal } = needs;
  const programs = await nodesHere(arch, path, nodePrograms);
  const stamp = await stampOf([serverFile(dist), ptyModule(dist, arch), (await findBusybox(dist, arch)) ?? "", ...programs], needs);
  const remembered = await recall(stateFolder, stamp);
  if (remembered !== undefined && (await state(needs, remembered)) === "whole") return remembered;
  needs.onPhase("Preparing the tools of sandboxes");
  signal.throwIfAborted();
  const modules = { arch, modules: [ptyModule(dist, arch)] };
  const here = await nodeHere(programs, modules);
  if (here !== undefined) return remember(await fill(needs, await toolFiles(dist, arch, here)));
  for (const image of needs.images) {
    if ((await docker.getImage(image).inspect().catch(ifMissing)) === undefined) continue;
    await using tree = await openImageTree(docker, image);
    const found = await nodeOfImage(tree, modules);
    if (found !== undefined) return await remember(await fill(needs, await toolFiles(dist, arch, found)));
  }
  throw new RuntimeError(
    "failed",
    "Sandboxes need a Linux build of Node.js 22.19 or later, which neither this machine nor the image has. Install Node.js, or pull node:24-bookworm, and try again.",
  );

  async function remember(name: string): Promise<string> {
    await writeFile(join(stateFolder, "tools.json"), JSON.stringify({ stamp, name }));
    return name;
  }
}

/** Another one when what the tools are made from has changed, as far as sizes and times tell. */
async function stampOf(files: readonly string[], { images, arch }: ToolsNeeds): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file).catch(() => undefined);
      return [file, found?.size, found?.mtimeMs, found?.ino];
    }),
  );
  return createHash("sha256")
    .update(JSON.stringify([facts, files.length > 3 ? [] : images, arch]))
    .digest("hex");
}

async function recall(stateFolder: string, stamp: string): Promise<string | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(join(stateFolder, "tools.json"), "utf8"));
    if (typeof kept !== "object" || kept === null || !("stamp" in kept) || kept.stamp !== stamp) return undefined;
    return "name" in kept && typeof kept.name === "string" ? kept.name : undefined;
  } catch {
    // Because nothing is lost: the name is made from the contents again.
    return undefined;
  }
}

const staleMs = 2 * 60_000;
const pollMs = 200;

/**
 * A volume is whole when it is there and no container holds its lock: the lock is there before the volume, and goes after the last file.
 * The order of the questions matters.
 */
async function state({ docker, hostId }: ToolsNeeds, name: string): Promise<"whole" | "filling" | "stale" | "missing"> {
  const isThere = (await docker.getVolume(name).inspect().catch(ifMissing)) !== undefined;
  const holder = await docker.getContainer(lockOf(name)).inspect().catch(ifMissing);
  if (holder === undefined) return isThere ? "whole" : "missing";
  const { host, owner = "", created: createdAt = "" } = holder.Config.Labels;
  const isLeft = host === hostId && !isAlive({ owner: Number.parseInt(owner, 10), createdAt });
  return isLeft || Date.now() - Date.parse(holder.Created) > staleMs ? "stale" : "filling";
}

function lockOf(name: string): string {
  return `${name}-filling`;
}

/** Resolves with the volume's name when it is whole, by whoever came first. */
async function fill(needs: ToolsNeeds, files: readonly ToolFile[]): Promise<string> {
  const { docker, signal } = needs;
  const name = `openhands-tools-${await hashOf(files)}`;
  for (;;) {
    signal.throwIfAborted();
    const now = await state(needs, name);
    if (now === "whole") return name;
    if (now === "filling") await setTimeout(pollMs, undefined, { signal });
    else if (now === "stale") await clear(docker, name);
    else if (await takeLock(needs, name)) await fillLocked(needs, name, files);
  }
}

async function takeLock({ docker, images, hostId }: ToolsNeeds, name: string): Promise<boolean> {
  const image = images.at(-1);
  try {
    await docker.createContainer({
      name: lockOf(name),
      Image: image,
      Entrypoint: ["/lock"],
      Labels: makerLabels(hostId),
      HostConfig: { NetworkMode: "none" },
    });
    return true;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
}

const ours = { app: "openhands-vscode" };

async function fillLocked({ docker, images }: ToolsNeeds, name: string, files: readonly ToolFile[]): Promise<void> {
  const volumeOptions = { NoCopy: true, Labels: ours, DriverConfig: { Name: "local", Options: {} } };
  const mount = { Type: "volume" as const, Source: name, Target: toolsRoot, ReadOnly: false, VolumeOptions: volumeOptions };
  try {
    const filler = await docker.createContainer({
      name: fillerOf(name),
      Image: images.at(-1),
      Entrypoint: ["/filler"],
      Labels: ours,
      HostConfig: { NetworkMode: "none", Mounts: [mount] },
    });
    await putFiles(filler, files);
    await filler.remove({ force: true, v: true });
    await docker.getContainer(lockOf(name)).remove({ force: true, v: true });
    await removeOld(docker, name);
  } catch (cause) {
    await clear(docker, name);
    throw refusal(cause, "the tools of sandboxes could not be brought there");
  }
}

const oldMs = 7 * 24 * 60 * 60_000;

/** Those of earlier versions, unless a container has one. */
async function removeOld(docker: Docker, name: string): Promise<void> {
  const { Volumes: volumes } = await docker.listVolumes({ filters: { name: ["openhands-tools-"] } });
  for (const volume of volumes ?? []) {
    const age = "CreatedAt" in volume ? Date.now() - Date.parse(String(volume.CreatedAt)) : 0;
    if (volume.Name !== name && age > oldMs)
      await docker
        .getVolume(volume.Name)
        .remove()
        .catch(() => undefined);
  }
}

function fillerOf(name: string): string {
  return `${name}-filler`;
}

/** The lock goes last, so that nobody takes a part of a volume for a whole one. */
async function clear(docker: Docker, name: string): Promise<void> {
  await docker.getContainer(fillerOf(name)).remove({ force: true, v: true }).catch(ifMissing);
  await docker.getVolume(name).remove({ force: true }).catch(ifMissing);
  await docker.getContainer(lockOf(name)).remove({ force: true, v: true }).catch(ifMissing);
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
