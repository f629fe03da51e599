// node-pty's npm package carries its native part for macOS and Windows only, so for Linux it is compiled here.
//
// One call of the compiler: node-pty uses Node-API, so one file serves every Node and every VS Code, and node-gyp
// (which would fetch headers and need python3 and make) is not needed.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { ensureDebianPackages, isOnPath } from "./debian.mjs";

const modules = path.resolve(import.meta.dirname, "..", "node_modules");
const pty = path.join(modules, "node-pty");

/** Whether nothing is left to do for `arch` on this system: macOS and Windows have theirs. */
export function hasPty(arch) {
  return process.platform !== "linux" || !existsSync(pty) || existsSync(prebuilt(arch));
}

/** Compiles with the machine's own compiler, which is installed first where that is possible. */
export async function makePty(arch) {
  if (!isOnPath("g++")) await ensureDebianPackages(["g++"], "node-pty, the terminal of the agent, is compiled with g++");
  await buildPty(arch, "g++");
}

/** `prebuilds/linux-<arch>/pty.node` made by `compiler`, which may be a cross compiler such as aarch64-linux-gnu-g++. */
export async function buildPty(arch, compiler) {
  const target = prebuilt(arch);
  mkdirSync(path.dirname(target), { recursive: true });
  // Because a half-written file would count as done, the compiler writes beside it and the rename comes last.
  const unfinished = `${target}.${process.pid}`;
  await compile(compiler, [
    ...["-std=c++20", "-O2", "-shared", "-fPIC", "-DNAPI_DISABLE_CPP_EXCEPTIONS"],
    ...["-I", nodeHeaders(), "-I", addonHeaders(), path.join(pty, "src", "unix", "pty.cc"), "-o", unfinished, "-lutil"],
  ]);
  renameSync(unfinished, target);
}

function prebuilt(arch) {
  return path.join(pty, "prebuilds", `linux-${arch}`, "pty.node");
}

/** The Node-API headers are the same for every architecture, so the host's are right for a cross compiler too. */
function nodeHeaders() {
  return path.join(modules, "node", "node_modules", `node-linux-${process.arch}`, "include", "node");
}

function addonHeaders() {
  const places = [path.join(pty, "node-addon-api"), path.join(pty, "node_modules", "node-addon-api"), path.join(modules, "node-addon-api")];
  const found = places.find((place) => existsSync(path.join(place, "napi.h")));
  if (found === undefined)
    throw new Error("node-addon-api, which node-pty is compiled with, is missing. Delete node_modules and try again.");
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
