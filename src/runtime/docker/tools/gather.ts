import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { busyboxFiles } from "./busybox.ts";
import type { Arch } from "./libraries.ts";
import type { SandboxNode } from "./node.ts";

/** One file of the tools volume: bytes of a file of this machine, a text of ours, or a link. */
export type ToolFile = { readonly to: string; readonly mode: number } & (
  | { readonly from: string }
  | { readonly text: string }
  | { readonly link: string }
);

/** What git in a sandbox says who it is, where nobody has told it; and the workspace is its own, whoever owns the files. */
const gitConfig = "[user]\n\tname = OpenHands\n\temail = openhands@localhost\n[safe]\n\tdirectory = *\n";

/** All that a sandbox is started with, whatever its image. */
export async function toolFiles(dist: string, arch: Arch, { program, libraries }: SandboxNode): Promise<ToolFile[]> {
  return [
    { to: "bin/node", mode: 0o755, from: program },
    ...[...libraries].map(([name, from]): ToolFile => ({ to: `lib/${name}`, mode: 0o755, from })),
    { to: "server/sandbox-server.js", mode: 0o644, from: serverFile(dist) },
    { to: "server/package.json", mode: 0o644, text: '{"type":"module"}\n' },
    ...(await ptyFiles(dist, arch)),
    ...(await busyboxFiles(dist, arch)),
    { to: "etc/gitconfig", mode: 0o644, text: gitConfig },
  ];
}

export function serverFile(dist: string): string {
  return join(dist, "sandbox-server.js");
}

/** node-pty's native part, which needs libraries of its own. */
export function ptyModule(dist: string, arch: Arch): string {
  return join(dist, "node_modules", "node-pty", "prebuilds", `linux-${arch}`, "pty.node");
}

async function ptyFiles(dist: string, arch: Arch): Promise<ToolFile[]> {
  const to = "server/node_modules/node-pty";
  const folder = join(dist, "node_modules", "node-pty");
  const lib = (await readdir(join(folder, "lib"), { recursive: true })).filter((name) => name.endsWith(".js"));
  const names = ["package.json", "LICENSE", ...lib.map((name) => `lib/${name.replaceAll("\\", "/")}`)];
  const files = names.map((name): ToolFile => ({ to: `${to}/${name}`, mode: 0o644, from: join(folder, name) }));
  return [...files, { to: `${to}/prebuilds/linux-${arch}/pty.node`, mode: 0o644, from: ptyModule(dist, arch) }];
}

/** The same for the same contents. */
export async function hashOf(files: readonly ToolFile[]): Promise<string> {
  const parts = await Promise.all(files.map(async (file) => [file.to, file.mode, await contentOf(file)].join("\0")));
  return createHash("sha256").update(parts.toSorted().join("\0\0")).digest("hex").slice(0, 16);
}

async function contentOf(file: ToolFile): Promise<string> {
  if ("text" in file) return file.text;
  if ("link" in file) return file.link;
  const hash = createHash("sha256");
  await pipeline(createReadStream(file.from, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}
