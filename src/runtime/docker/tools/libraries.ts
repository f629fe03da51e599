import { basename, dirname, posix } from "node:path";
import { readElf } from "./elf.ts";

/** A file system that programs are taken from: this machine's, or an image's. */
export interface FileTree {
  /** Where the bytes of the file at the absolute `path` are on this machine, links followed; undefined when there is none. */
  find(path: string): Promise<string | undefined>;
}

/** The loader and all libraries, by the names under which they are looked for: where their bytes are on this machine. */
export type Libraries = ReadonlyMap<string, string>;

export type Arch = "x64" | "arm64";

const triples: Readonly<Record<Arch, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };
const mostLibraries = 100;

/** The names of the programs that start others, by the C library's own rules. */
export const loaders: Readonly<Record<Arch, string>> = { x64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1" };

/**
 * All libraries that a program and its modules need, and what those need, with the loader that starts it; undefined when the program is none of
 * this processor's for glibc, or one of the libraries is not there. `modules` are files of this machine.
 */
export async function collectLibraries(
  tree: FileTree,
  program: string,
  { arch, modules }: { readonly arch: Arch; readonly modules: readonly string[] },
): Promise<Libraries | undefined> {
  const file = await tree.find(program);
  const needs = file === undefined ? undefined : await readElf(file);
  if (needs?.machine !== arch || needs.loader === undefined || basename(needs.loader) !== loaders[arch]) return undefined;
  const loader = await tree.find(needs.loader);
  if (loader === undefined) return undefined;
  const files = new Map([[loaders[arch], loader]]);
  const own = foldersOf(needs.runPath, program);
  const waiting = [...needs.needed];
  for (const module of modules) waiting.push(...((await readElf(module))?.needed ?? []));
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (files.has(name)) continue;
    const found = await findLibrary(tree, basename(name), [...own, ...usualFolders(arch)]);
    if (found === undefined || files.size > mostLibraries) return undefined;
    files.set(name, found.file);
    waiting.push(...found.needed);
  }
  return files;
}

async function findLibrary(tree: FileTree, name: string, folders: readonly string[]) {
  for (const folder of folders) {
    const file = await tree.find(posix.join(folder, name));
    if (file === undefined) continue;
    const elf = await readElf(file);
    if (elf !== undefined) return { file, needed: elf.needed };
  }
  return undefined;
}

function foldersOf(runPath: readonly string[], program: string): string[] {
  return runPath.map((folder) => folder.replaceAll(/\$\{?ORIGIN\}?/g, dirname(program)));
}

function usualFolders(arch: Arch): string[] {
  const triple = triples[arch];
  return [`/lib/${triple}`, `/usr/lib/${triple}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib64", "/usr/local/lib"];
}
