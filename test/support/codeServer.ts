// Real VS Code without the desktop download: the npm package code-server carries VS Code's own server and workbench.
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ensureDebianPackages, findOnPath, isOnPath } from "../../.ci/debian.mjs";
import { isAlive } from "../../.ci/processTree.mjs";
import { root } from "./checkout.ts";
import { runCommand, withProgress } from "./command.ts";

/** code-server 4.x.y is VS Code 1.x.y. */
export const codeServerVersion = "4.139.1";

const cache = path.join(root, ".cache");
const home = path.join(cache, `code-server-${codeServerVersion}`);
/** Unpacked whole, these are what VS Code's server cannot start without; the others are for sign-in and for Windows. */
const nativeModules = ["node-pty", "@vscode/spdlog", "@parcel/watcher", "@vscode/native-watchdog"];

/** The folder of VS Code's server, installed when it is missing: about half a minute and 600 MB. */
export async function ensureCodeServer(signal?: AbortSignal): Promise<string> {
  if (!existsSync(home)) await withProgress(`VS Code ${codeServerVersion.replace("4.", "1.")} from npm`, () => install(signal));
  return home;
}

/** The path of a Chromium: the one that CHROMIUM names, or the one on the path, installed when it is missing. */
export async function ensureChromium(): Promise<string> {
  const named = process.env["CHROMIUM"];
  if (named !== undefined) return named;
  const reason = "The window of VS Code is driven in Chromium, and there is none; the variable CHROMIUM may name one";
  if (!isOnPath("chromium")) await withProgress("Chromium from Debian", () => ensureDebianPackages(["chromium"], reason));
  return findOnPath("chromium") ?? "chromium";
}

/**
 * Installs beside its place and moves there last, so that a folder with the right name is always whole, and two test runs
 * that install at the same time do not disturb each other.
 */
async function install(signal: AbortSignal | undefined): Promise<void> {
  await ensureCompiler();
  await removeUnfinished();
  const unfinished = `${home}.${process.pid}`;
  try {
    await mkdir(unfinished, { recursive: true });
    const vscode = await unpack(unfinished, signal);
    await installModules(vscode, signal);
    if (!existsSync(home)) await rename(vscode, home);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function ensureCompiler(): Promise<void> {
  const missing = ["python3", "make", "g++"].filter((command) => !isOnPath(command));
  if (missing.length === 0) return;
  await ensureDebianPackages(missing, "Native parts of VS Code's server are compiled when it is installed from npm");
}

async function removeUnfinished(): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const name of await readdir(cache)) {
    const [, pid] = /^code-server-.*\.(\d+)$/.exec(name) ?? [];
    if (name === path.basename(home) || pid === undefined || isAlive(Number(pid))) continue;
    await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

/** Of the package only VS Code is wanted, so its own dependencies (a login page, a proxy) are not installed. */
async function unpack(folder: string, signal: AbortSignal | undefined): Promise<string> {
  await npm(["pack", `code-server@${codeServerVersion}`, "--loglevel=error"], folder, signal);
  await runCommand("tar", ["xzf", `code-server-${codeServerVersion}.tgz`, "package/lib/vscode"], {
    cwd: folder,
    ...(signal && { signal }),
  });
  return path.join(folder, "package", "lib", "vscode");
}

async function installModules(vscode: string, signal: AbortSignal | undefined): Promise<void> {
  const install = ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  await npm(install, vscode, signal);
  // Its own extensions share one module, the TypeScript server; without it VS Code shows an error for every JavaScript file.
  await npm(install, path.join(vscode, "extensions"), signal);
  await npm(["rebuild", ...nativeModules, "--loglevel=error"], vscode, signal);
}

/** Node 24 comes first on the path, and its headers from the `node` package, so that nothing else has to be fetched. */
async function npm(args: readonly string[], cwd: string, signal: AbortSignal | undefined): Promise<void> {
  const headers = path.join(root, "node_modules", "node", "node_modules", `node-${process.platform}-${process.arch}`);
  const searchPath = [path.join(root, "node_modules", ".bin"), process.env["PATH"]].join(path.delimiter);
  await runCommand("npm", args, { cwd, env: { ...process.env, PATH: searchPath, npm_config_nodedir: headers }, ...(signal && { signal }) });
}
