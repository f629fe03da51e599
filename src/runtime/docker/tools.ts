import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { RuntimeError } from "../runtime.ts";
import { type Arch, collectLibraries, type FileTree } from "./libraries.ts";

/** One file of the tools volume: bytes of a file of this machine, a text of ours, or a link. */
export type ToolFile = { readonly to: string; readonly mode: number } & (
  | { readonly from: string }
  | { readonly text: string }
  | { readonly link: string }
);

/** What a sandbox is started with, whatever its image. */
export interface Tools {
  readonly files: readonly ToolFile[];
  /** The file name of the loader in `lib`. */
  readonly loader: string;
}

const gitConfig = "[user]\n\tname = OpenHands\n\temail = openhands@localhost\n[safe]\n\tdirectory = *\n";

/** This machine, as programs are taken from it. */
const thisMachine: FileTree = { find: (path) => realpath(path).catch(() => undefined) };

export async function gatherTools(dist: string, arch: Arch, signal: AbortSignal): Promise<Tools> {
  signal.throwIfAborted();
  const pty = await ptyFiles(dist, arch);
  const modules = pty.flatMap((file) => ("from" in file && file.to.endsWith(".node") ? [file.from] : []));
  const libraries = await collectLibraries(thisMachine, process.execPath, { arch, modules });
  if (libraries === undefined) throw new RuntimeError("failed", "There is no Linux Node.js here to start sandboxes with.");
  const files: ToolFile[] = [
    { to: "bin/node", mode: 0o755, from: await realpath(process.execPath) },
    ...[...libraries.files].map(([name, from]): ToolFile => ({ to: `lib/${name}`, mode: 0o755, from })),
    { to: "server/sandbox-server.js", mode: 0o644, from: join(dist, "sandbox-server.js") },
    { to: "server/package.json", mode: 0o644, text: '{"type":"module"}\n' },
    ...pty,
    { to: "etc/gitconfig", mode: 0o644, text: gitConfig },
  ];
  return { files, loader: libraries.loader };
}

async function ptyFiles(dist: string, arch: Arch): Promise<ToolFile[]> {
  const folder = join(dist, "node_modules", "node-pty");
  const lib = (await readdir(join(folder, "lib"), { recursive: true })).filter((name) => name.endsWith(".js"));
  const names = ["package.json", "LICENSE", ...lib.map((name) => `lib/${name.replaceAll("\\", "/")}`), `prebuilds/linux-${arch}/pty.node`];
  return names.map((name) => ({ to: `server/node_modules/node-pty/${name}`, mode: 0o644, from: join(folder, name) }));
}

/** The same for the same contents. */
export async function hashOf({ files }: Tools): Promise<string> {
  const parts = await Promise.all(
    files.map(
      async (file) => `${file.to}\0${file.mode}\0${"from" in file ? await fileHash(file.from) : "text" in file ? file.text : file.link}`,
    ),
  );
  return createHash("sha256").update(parts.toSorted().join("\0\0")).digest("hex").slice(0, 16);
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  if ((await stat(path)).size < 1_000_000) return hash.update(await readFile(path)).digest("hex");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}
