import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { readElf } from "./elf.ts";
import { type Arch, collectLibraries, type FileTree, type Libraries } from "./libraries.ts";

/** A Node that a sandbox can be started with, and all that it needs. */
export interface SandboxNode {
  /** A file of this machine. */
  readonly program: string;
  readonly libraries: Libraries;
}

const oldest = { major: 22, minor: 19 };

/**
 * The programs of this machine that may be a Node for sandboxes of this processor: this process's own where it is one, those on the PATH, and
 * `more` (VS Code's own). Whether they are new enough is not looked at yet.
 */
export async function nodesHere(arch: Arch, path: string | undefined, more: readonly string[]): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const own = process.versions["electron"] === undefined ? [process.execPath] : [];
  const onPath = (path ?? "")
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, "node"));
  const found: string[] = [];
  for (const candidate of [...own, ...onPath, ...more]) {
    const file = await realpath(candidate).catch(() => undefined);
    if (file === undefined || found.includes(file)) continue;
    const elf = await readElf(file).catch(() => undefined);
    if (elf?.machine === arch && elf.loader !== undefined && basename(elf.loader).startsWith("ld-linux")) found.push(file);
  }
  return found;
}

/** This machine, as programs are taken from it. */
const thisMachine: FileTree = { find: (path) => realpath(path).catch(() => undefined) };

/** The first that is new enough and whose libraries are all there. */
export async function nodeHere(programs: readonly string[], needs: { readonly arch: Arch; readonly modules: readonly string[] }) {
  for (const program of programs) {
    const version = program === process.execPath ? process.version : await versionOf(program);
    if (!isNewEnough(version)) continue;
    const libraries = await collectLibraries(thisMachine, program, needs);
    if (libraries !== undefined) return { program, libraries } satisfies SandboxNode;
  }
  return undefined;
}

/** That of an image. Its version is read from its bytes, because nothing of the image runs here. */
export async function nodeOfImage(tree: FileTree, needs: { readonly arch: Arch; readonly modules: readonly string[] }) {
  for (const place of ["/usr/local/bin/node", "/usr/bin/node"]) {
    const program = await tree.find(place);
    if (program === undefined || !isNewEnough(await writtenVersion(program))) continue;
    const libraries = await collectLibraries(tree, place, needs);
    if (libraries !== undefined) return { program, libraries } satisfies SandboxNode;
  }
  return undefined;
}

async function versionOf(program: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, ["--version"], { timeout: 5_000, env: {} })).stdout;
  } catch {
    // Because a program that does not start here is none that we can use.
    return "";
  }
}

/** Every Node says where its headers are to be had: `…/release/v24.1.0/…`. */
async function writtenVersion(program: string): Promise<string> {
  let rest = "";
  for await (const piece of createReadStream(program, { encoding: "latin1", highWaterMark: 1024 * 1024 })) {
    const text = rest + String(piece);
    const found = /\/download\/release\/(v\d+\.\d+\.\d+)\//.exec(text);
    if (found?.[1] !== undefined) return found[1];
    rest = text.slice(-64);
  }
  return "";
}

function isNewEnough(version: string): boolean {
  const [, major = 0, minor = 0] = (/^v(\d+)\.(\d+)\./.exec(version.trim()) ?? []).map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}
