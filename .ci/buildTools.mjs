// A sandbox may be of an image without a shell: then it has the tools of a static busybox, which are taken from Debian's package.
//
// `npm run build:tools` gets them for every Linux that sandboxes run on (x64 and arm64); setup gets only this machine's. apt-get works in folders
// of its own, so that nothing is installed and nothing of the machine changes. Where there is no apt-get, sandboxes do without.
import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isOnPath } from "./debian.mjs";

/** `linux-<arch>` below it; esbuild.mjs copies all that is there. */
const places = path.resolve(import.meta.dirname, "..", ".cache", "tools");
const debianNames = { x64: "amd64", arm64: "arm64" };

if (import.meta.filename === process.argv[1]) for (const arch of Object.keys(debianNames)) await getTools(arch);

/** Whether nothing is left to do for `arch`, or nothing can be done here. */
export function hasTools(arch) {
  return debianNames[arch] === undefined || existsSync(placeOf(arch)) || !isOnPath("apt-get") || !isOnPath("dpkg-deb");
}

export async function getTools(arch) {
  const scratch = mkdtempSync(path.join(tmpdir(), "openhands-busybox-"));
  try {
    await download(scratch, debianNames[arch]);
    const file = readdirSync(scratch).find((name) => name.endsWith(".deb"));
    await run("dpkg-deb", ["-x", file, "unpacked"], scratch);
    const unpacked = path.join(scratch, "unpacked");
    const finished = path.join(scratch, "finished");
    mkdirSync(finished);
    cpSync(path.join(unpacked, "bin", "busybox"), path.join(finished, "busybox"));
    chmodSync(path.join(finished, "busybox"), 0o755);
    cpSync(path.join(unpacked, "usr", "share", "doc", "busybox-static", "copyright"), path.join(finished, "busybox.LICENSE"));
    keep(finished, placeOf(arch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function placeOf(arch) {
  return path.join(places, `linux-${arch}`);
}

/** Complete or not at all: the rename comes last, beside its target because the scratch folder may be on another disk. */
function keep(folder, place) {
  const unfinished = `${place}.${process.pid}`;
  cpSync(folder, unfinished, { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(unfinished, place);
}

async function download(scratch, architecture) {
  const lists = path.join(scratch, "lists");
  const cache = path.join(scratch, "cache");
  for (const folder of [path.join(lists, "partial"), path.join(cache, "archives", "partial")]) mkdirSync(folder, { recursive: true });
  const settings = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
  ];
  const options = [...settings, "Debug::NoLocking=1", "Acquire::Languages=none", "APT::Sandbox::User=root"].flatMap((option) => [
    "-o",
    option,
  ]);
  await run("apt-get", [...options, "update", "-qq"], scratch);
  await run("apt-get", [...options, "download", "-qq", "busybox-static"], scratch);
}

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "ignore", 2] });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`"${command} ${args.join(" ")}" failed with exit code ${code}.`)),
    );
  });
}
