// Installs what is missing, then runs one npm script: `node .ci/setup.mjs <npm script> [arguments]`.
//
// It is the first thing that runs on a bare machine, so it is plain JavaScript that Node 20 runs without node_modules.
// It spawns `npm run` because only then the project's own Node 24 (a dev dependency) is first on the script's path.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { hasPty, makePty } from "./buildPty.mjs";
import { getTools, hasTools } from "./buildTools.mjs";
import { descendants, isAlive, signalAll } from "./processTree.mjs";

const root = path.resolve(import.meta.dirname, "..");
const modules = path.join(root, "node_modules");
const stampPrefix = ".setup-";
const passedOn = ["SIGINT", "SIGTERM", "SIGHUP"];

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) fail("Say which npm script to run: node .ci/setup.mjs <npm script> [arguments]");

process.chdir(root);
// Because npm, told to be silent about the script's own exit code, would be silent about this too.
if (!(script in JSON.parse(readFileSync("package.json", "utf8")).scripts)) fail(`There is no npm script "${script}".`);
if (!(await isInstalled())) await step("npm packages", install);
if (!hasNode()) await step("Node for the project", () => npm(["rebuild", "node", "--loglevel=error"]));
if (!hasPty(process.arch)) await step("node-pty's native part", () => makePty(process.arch));
if (process.platform === "linux" && !hasTools(process.arch))
  await step("busybox for sandboxes", () => getTools(process.arch).catch(doWithout));
process.exitCode = await runScript(script, scriptArguments);

/** A stamp that is missing or stale says little: someone may have run npm themselves, so npm's own record has the last word. */
async function isInstalled() {
  if (!existsSync("package-lock.json")) return existsSync(modules);
  const stamp = stampPath();
  if (existsSync(stamp)) return true;
  if (!agreesWithLock()) return false;
  writeStamp(stamp);
  return true;
}

function stampPath() {
  const hash = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  return path.join(modules, stampPrefix + hash.slice(0, 16));
}

/** npm lists what it has put into node_modules in a hidden lock file; packages for other systems are optional and absent. */
function agreesWithLock() {
  const hidden = path.join(modules, ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = readPackages(hidden);
  return Object.entries(readPackages("package-lock.json")).every(
    ([place, wanted]) => place === "" || wanted.optional || installed[place]?.version === wanted.version,
  );
}

function readPackages(lockPath) {
  return JSON.parse(readFileSync(lockPath, "utf8")).packages;
}

function writeStamp(stamp) {
  for (const name of readdirSync(modules)) if (name.startsWith(stampPrefix)) rmSync(path.join(modules, name));
  writeFileSync(stamp, "");
}

/**
 * The versions are the lock's. Not `npm ci`: the lock was made where packages for other systems could not be had, so it does not
 * list them, and `npm ci` takes that for a mistake.
 */
async function install() {
  await npm(["install", "--no-save", "--ignore-scripts", "--loglevel=error"]);
  writeStamp(stampPath());
}

/** The `node` package is a small script that puts the real binary in place; `--ignore-scripts` skipped it. */
function hasNode() {
  return existsSync(path.join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node"));
}

async function step(what, work) {
  const start = performance.now();
  process.stderr.write(`setup: ${what} …\n`);
  try {
    await work();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  process.stderr.write(`setup: ${what}, ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/** Most images have a shell of their own. */
function doWithout(error) {
  process.stderr.write(`setup: it is done without: ${error.message}\n`);
}

/** npm's own output goes to stderr, so that a script's stdout is the script's alone. */
async function npm(npmArguments) {
  const code = await run(npmArguments, ["ignore", 2, 2]);
  if (code !== 0) throw new Error(`"npm ${npmArguments.join(" ")}" failed with exit code ${code}.`);
}

function runScript(name, rest) {
  return run(["run", "--silent", name, ...(rest.length > 0 ? ["--", ...rest] : [])], "inherit");
}

/** The exit code. After a signal it comes when everything that npm started has ended: a script may have things to put away. */
async function run(npmArguments, stdio) {
  const { file, first, shell } = npmCommand();
  const child = spawn(file, [...first, ...npmArguments], { stdio, shell, env: { ...process.env, PATH: pathWithoutModules() } });
  let told = [];
  const forward = (signal) => (told = passOn(child.pid, signal));
  for (const signal of passedOn) process.on(signal, forward);
  try {
    const [code, signal] = await once(child, "close");
    while (told.some(isAlive)) await setTimeout(20);
    return code ?? 128 + constants.signals[signal];
  } finally {
    for (const signal of passedOn) process.off(signal, forward);
  }
}

/**
 * The processes that know of the signal. A terminal tells all of them itself of Ctrl-C and of its own end. Any other
 * signal reaches this process alone, and npm would pass it to the script's shell and no further: the script would live on
 * without a parent.
 */
function passOn(pid, signal) {
  const scripts = descendants(pid);
  const fromTerminal = signal !== "SIGTERM" && process.stdin.isTTY;
  if (!fromTerminal) signalAll(scripts.length > 0 ? scripts : [pid], signal);
  return scripts;
}

/** Called by npm we know npm's own file, which spares Windows a shell; called by hand it is looked up on the path. */
function npmCommand() {
  const file = process.env.npm_execpath ?? "";
  if (path.basename(file) === "npm-cli.js") return { file: "node", first: [file], shell: false };
  return { file: "npm", first: [], shell: process.platform === "win32" };
}

/** Because `npm ci` deletes the Node in node_modules, npm itself has to run on the machine's Node. */
function pathWithoutModules() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.filter((folder) => !path.resolve(folder).startsWith(modules)).join(path.delimiter);
}

function fail(sentence) {
  process.stderr.write(`setup: ${sentence}\n`);
  process.exit(1);
}
