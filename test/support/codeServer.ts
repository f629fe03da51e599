// Real VS Code without the desktop download: the npm package code-server carries VS Code's own server and workbench.
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ensureDebianPackages, isOnPath } from "../../.ci/debian.mjs";
import { isAlive } from "../../.ci/processTree.mjs";
import { root } from "./checkout.ts";
import { runCommand, withProgress } from "./command.ts";
import { ripgrepPrograms } from "./ripgrep.ts";

/** A VS Code that tests run in. */
export interface VscodeVersion {
  /** code-server 4.x.y is VS Code 1.x.y. */
  readonly codeServer: string;
  /** The Node that it comes with, in the words of npm; undefined: the project's own is of that kind. */
  readonly node?: string;
  /** Unpacked whole, these are what VS Code's server cannot start without; the others are for sign-in and for Windows. */
  readonly nativeModules: readonly string[];
}

/** The newest that there is, and the oldest that package.json's `engines` allows. */
export const vscodeVersions = {
  newest: { codeServer: "4.139.1", nativeModules: ["node-pty", "@vscode/spdlog", "@parcel/watcher", "@vscode/native-watchdog"] },
  oldest: { codeServer: "4.105.1", node: "22.19.0", nativeModules: ["node-pty", "@vscode/spdlog", "@parcel/watcher", "native-watchdog"] },
} as const satisfies Readonly<Record<string, VscodeVersion>>;

/** An installed one: the folder of its server, and the Node that runs it. */
export interface InstalledVscode {
  readonly folder: string;
  readonly node: string;
}

const cache = path.join(root, ".cache");
const platform = `${process.platform}-${process.arch}`;

/** The newest, or the one that the variable VSCODE_VERSION names. */
export function chosenVersion(): VscodeVersion {
  const name = process.env["VSCODE_VERSION"] ?? "newest";
  if (name !== "newest" && name !== "oldest") throw new Error(`VSCODE_VERSION is "${name}"; it can be "newest" or "oldest".`);
  return vscodeVersions[name];
}

/** Installed when it is missing: about half a minute and 600 MB. */
export async function ensureCodeServer(signal?: AbortSignal, version: VscodeVersion = chosenVersion()): Promise<InstalledVscode> {
  const { codeServer, node } = version;
  const home = path.join(cache, `code-server-${codeServer}`);
  if (!existsSync(home)) await withProgress(`VS Code ${codeServer.replace("4.", "1.")} from npm`, () => install(version, home, signal));
  return { folder: home, node: node === undefined ? process.execPath : path.join(home, "node", "bin", "node") };
}

/**
 * Installs beside its place and moves there last, so that a folder with the right name is always whole, and two test runs
 * that install at the same time do not disturb each other.
 */
async function install(version: VscodeVersion, home: string, signal: AbortSignal | undefined): Promise<void> {
  await ensureCompiler();
  await removeUnfinished();
  const unfinished = `${home}.${process.pid}`;
  try {
    await mkdir(unfinished, { recursive: true });
    const vscode = await unpack(`code-server@${version.codeServer}`, "lib/vscode", unfinished, signal);
    const node = version.node === undefined ? undefined : await unpackNode(version.node, unfinished, signal);
    await installModules(version, vscode, { headers: node ?? ownNode, signal });
    if (node !== undefined) await rename(node, path.join(vscode, "node"));
    await putRipgrep(vscode);
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
    const [, pid] = /^code-server-\d+\.\d+\.\d+\.(\d+)$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(path.join(cache, name), { recursive: true, force: true });
  }
}

/** A part of a package, without what the package depends on (of code-server: a login page, a proxy). */
export async function unpack(name: string, part: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  const place = await mkdtemp(path.join(folder, "package-"));
  await npm(["pack", name, "--loglevel=error"], { cwd: place, signal });
  const [file = ""] = await readdir(place);
  await runCommand("tar", ["xzf", file, path.join("package", part)], { cwd: place, ...(signal && { signal }) });
  await rm(path.join(place, file));
  return path.join(place, "package", part);
}

/** A Node with its headers, as npm has one for each platform. */
async function unpackNode(version: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  return unpack(`node-${platform}@${version}`, "", folder, signal);
}

interface Installing {
  /** The folder of the Node that native parts are compiled for. */
  readonly headers: string;
  readonly signal: AbortSignal | undefined;
}

async function installModules(version: VscodeVersion, vscode: string, { headers, signal }: Installing): Promise<void> {
  const install = ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  await avoidGit(vscode);
  await npm(install, { cwd: vscode, signal });
  // Its own extensions share one module, the TypeScript server; without it VS Code shows an error for every JavaScript file.
  await npm(install, { cwd: path.join(vscode, "extensions"), signal });
  await npm(["rebuild", ...version.nativeModules, "--loglevel=error"], { cwd: vscode, signal, headers });
}

/** Where VS Code takes a module from its repository, the published one is taken, which a lock file would forbid. */
async function avoidGit(vscode: string): Promise<void> {
  const file = path.join(vscode, "package.json");
  const manifest = await readFile(file, "utf8");
  const published = manifest.replace(/"parcel-bundler\/watcher#\w+"/, '"^2.5.1"');
  if (published === manifest) return;
  await writeFile(file, published);
  await rm(path.join(vscode, "npm-shrinkwrap.json"));
}

/** Older ones fetch ripgrep from elsewhere when they are installed; this machine's does as well. */
async function putRipgrep(vscode: string): Promise<void> {
  const module = path.join(vscode, "node_modules", "@vscode", "ripgrep");
  if (!existsSync(module)) return;
  if (ripgrepPrograms().length === 0) await ensureDebianPackages(["ripgrep"], "VS Code searches with ripgrep");
  const [program = "/usr/bin/rg"] = ripgrepPrograms();
  await mkdir(path.join(module, "bin"), { recursive: true });
  await copyFile(program, path.join(module, "bin", "rg"));
}

interface NpmOptions {
  readonly cwd: string;
  readonly signal: AbortSignal | undefined;
  readonly headers?: string;
}

const ownNode = path.join(root, "node_modules", "node", "node_modules", `node-${platform}`);

/** The project's Node comes first on the path, and headers from the `node` package, so that nothing else has to be fetched. */
async function npm(args: readonly string[], { cwd, signal, headers = ownNode }: NpmOptions): Promise<void> {
  const searchPath = [path.join(root, "node_modules", ".bin"), process.env["PATH"]].join(path.delimiter);
  // npm would leave a folder of compiled code in the temporary one.
  const own = { PATH: searchPath, npm_config_nodedir: headers, NODE_DISABLE_COMPILE_CACHE: "1" };
  await runCommand("npm", args, { cwd, env: { ...process.env, ...own }, ...(signal && { signal }) });
}
