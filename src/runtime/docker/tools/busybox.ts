import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { readElf } from "./elf.ts";
import type { ToolFile } from "./gather.ts";
import type { Arch } from "./libraries.ts";

/** They would say untrue things of the image, or are of no use without rights that nothing in a sandbox has. */
const leftOut = new Set([
  ...[
    "dpkg",
    "dpkg-deb",
    "rpm",
    "rpm2cpio",
    "init",
    "linuxrc",
    "run-init",
    "halt",
    "poweroff",
    "reboot",
    "getty",
    "login",
    "su",
    "sulogin",
  ],
  ...["insmod", "modprobe", "rmmod", "mount", "umount", "swapon", "swapoff", "chroot", "pivot_root", "switch_root", "busybox"],
]);

/** The tools of a static busybox, for images that lack them; none where there is no busybox for this processor. */
export async function busyboxFiles(dist: string, arch: Arch): Promise<ToolFile[]> {
  const from = await findBusybox(dist, arch);
  if (from === undefined) return [];
  const applets = appletsOf(await readFile(from)).filter((name) => !leftOut.has(name));
  const links = applets.map((name): ToolFile => ({ to: `busybox/${name}`, mode: 0o777, link: "busybox" }));
  return [{ to: "busybox/busybox", mode: 0o755, from }, ...links];
}

/** The one that we bring, or the machine's own. */
export async function findBusybox(dist: string, arch: Arch): Promise<string | undefined> {
  for (const place of [join(dist, "tools", `linux-${arch}`, "busybox"), "/bin/busybox"]) {
    const file = await realpath(place).catch(() => undefined);
    if (file !== undefined && (await isStatic(file, arch))) return file;
  }
  return undefined;
}

async function isStatic(file: string, arch: Arch): Promise<boolean> {
  const elf = await readElf(file);
  return elf?.machine === arch && elf.loader === undefined && elf.needed.length === 0;
}

/** Their names are in the program, one after the other, so that it need not run here, where the processor may be another. */
function appletsOf(program: Buffer): string[] {
  const start = program.indexOf("\0[\0[[\0");
  const end = start < 0 ? -1 : program.indexOf("\0\0", start + 1);
  if (end < 0) return ["sh"];
  const names = program
    .subarray(start + 1, end)
    .toString("latin1")
    .split("\0");
  return names.filter((name) => /^[\w[.+-]{1,40}$/.test(name));
}
