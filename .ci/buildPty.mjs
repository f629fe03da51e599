// node-pty's npm package carries its native part for macOS and Windows only, so for Linux it is compiled here.
//
// `npm run build:pty` makes it for every Linux that a package is made for (x64 and arm64); setup makes only this machine's.
// One call of the compiler: node-pty uses Node-API, so one file serves every Node and every VS Code, and node-gyp
// (which would fetch headers and need python3 and make) is not needed.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { ensureDebianPackages, isOnPath } from "./debian.mjs";

const modules = path.resolve(import.meta.dirname, "..", "node_modules");
const pty = path.join(modules, "node-pty");
const crossCompilers = { x64: "x86_64-linux-gnu-g++", arm64: "aarch64-linux-gnu-g++" };
const crossPackages = { x64: "g++-x86-64-linux-gnu", arm64: "g++-aarch64-linux-gnu" };

if (import.meta.filename === process.argv[1]) for (const arch of Object.keys(crossCompilers)) await makePty(arch);

/** Whether nothing is left to do for `arch` on this system: macOS and Windows have theirs. */
export function hasPty(arch) {
  return process.platform !== "linux" || !existsSync(pty) || existsSync(prebuilt(arch));
}

/** Compiles with the machine's own compiler, or a cross compiler, which is installed first where that is possible. */
export async function makePty(arch) {
  const isOwn = arch === process.arch || crossCompilers[arch] === undefined;
  const compiler = isOwn ? "g++" : crossCompilers[arch];
  const debianPackage = isOwn ? "g++" : crossPackages[arch];
  if (!isOnPath(compiler)) await ensureDebianPackages([debianPackage], `node-pty, the terminal of the agent, is compiled with ${compiler}`);
  await buildPty(arch, compiler);
}

/** `prebuilds/linux-<arch>/pty.node`. */
async function buildPty(arch, compiler) {
  const target = prebuilt(arch);
  mkdirSync(path.dirname(target), { recursive: true });
  // Because a half-written file would count as done, the compiler writes beside it and the rename comes last.
  const unfinished = `${target}.${process.pid}`;
  // With exceptions, because node-pty throws them: without, a machine that has run out of pseudo terminals would end the process.
  await compile(compiler, [
    ...["-std=c++20", "-O2", "-s", "-shared", "-fPIC", "-DNAPI_CPP_EXCEPTIONS", "-include", oldGlibc()],
    ...["-I", nodeHeaders(), "-I", addonHeaders(), path.join(pty, "src", "unix", "pty.cc"), "-o", unfinished],
    // By its file name, because it is an empty shell since glibc 2.34, and older ones have `forkpty` there.
    ...["-Wl,--no-as-needed", "-l:libutil.so.1"],
  ]);
  renameSync(unfinished, target);
}

function oldGlibc() {
  return path.join(import.meta.dirname, "oldGlibc.h");
}

function prebuilt(arch) {
  return path.join(pty, "prebuilds", `linux-${arch}`, "pty.node");
}

/** The Node-API headers are the same for every architecture, so the host's are right for a cross compiler too. */
function nodeHeaders() {
  const places = [
    path.join(modules, "node", "node_modules", `node-linux-${process.arch}`, "include", "node"),
    path.resolve(process.execPath, "../../include/node"),
    "/usr/include/node",
  ];
  return findWith("node_api.h", places, "The headers of Node, which node-pty is compiled with, are missing");
}

function addonHeaders() {
  const places = [path.join(pty, "node-addon-api"), path.join(pty, "node_modules", "node-addon-api"), path.join(modules, "node-addon-api")];
  return findWith("napi.h", places, "node-addon-api, which node-pty is compiled with, is missing");
}

function findWith(file, places, complaint) {
  const found = places.find((place) => existsSync(path.join(place, file)));
  if (found === undefined) throw new Error(`${complaint}. Delete node_modules and try again.`);
  return found;
}

function compile(compiler, flags) {
  return new Promise((resolve, reject) => {
    const child = spawn(compiler, flags, { stdio: ["ignore", 2, 2] });
    child.once("error", (cause) => reject(new Error(`The compiler ${compiler} does not start. Install it and try again.`, { cause })));
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${compiler} could not compile node-pty (exit code ${code}).`)),
    );
  });
}
