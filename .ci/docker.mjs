// A Docker engine for the tests that need one, where CI has none: installed, started beside whatever the machine has, and gone afterwards.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureDebianPackages, isOnPath } from "./debian.mjs";

const root = path.resolve(import.meta.dirname, "..");
const baseImage = "debian:bookworm-slim";
const usualSocket = "/var/run/docker.sock";
const startMs = 60_000;
const endMs = 20_000;

/**
 * Resolves to the environment of tests that need an engine, and to how it ends. Outside CI nothing is started: tests use what there is, or are
 * skipped. In CI an engine that answers already is used; otherwise one is made, or this rejects with a sentence that says what is missing.
 */
export async function provideEngine() {
  const nothing = { env: {}, end: async () => {} };
  if (process.env.CI !== "true") return nothing;
  const given = (process.env.DOCKER_HOST ?? `unix://${usualSocket}`).replace(/^unix:\/\//, "");
  if (await answers(given)) {
    await ensureBaseImage(given, tmpdir());
    return nothing;
  }
  await ensureTools();
  const engine = await startEngine();
  try {
    await ensureBaseImage(engine.socket, engine.folder);
  } catch (error) {
    await engine.end();
    throw error;
  }
  return { env: { DOCKER_HOST: `unix://${engine.socket}`, OPENHANDS_TEST_ENGINE: "own" }, end: engine.end };
}

async function ensureTools() {
  const packages = { dockerd: "docker.io", iptables: "iptables", debootstrap: "debootstrap", openssl: "openssl" };
  const missing = Object.keys(packages).filter((command) => !isOnPath(command) && !existsSync(`/usr/sbin/${command}`));
  if (missing.length > 0) {
    const names = missing.map((command) => packages[command]);
    await ensureDebianPackages(names, `No Docker engine answers, and to start one ${missing.join(", ")} is missing`);
  }
  if (process.getuid?.() !== 0) throw new Error("No Docker engine answers, and only root can start one. Start Docker, and try again.");
}

/** Where images are kept must be able to hold layers on top of each other; the checkout may lie where that is impossible. */
async function startEngine() {
  mkdirSync(path.join(root, ".cache"), { recursive: true });
  const first = await startIn(mkdtempSync(path.join(realpathSync(path.join(root, ".cache")), "docker-")));
  if ((await ask(first.socket, "GET", "/info")).Driver === "overlay2") return first;
  await first.end();
  return startIn(mkdtempSync(path.join(tmpdir(), "openhands-docker-")));
}

async function startIn(folder) {
  const network = await saveNetwork();
  const cgroups = await mountCgroups();
  // The names of sockets may not be long, and a checkout's path may be.
  const run = mkdtempSync("/tmp/oh-docker-");
  const socket = path.join(run, "docker.sock");
  const logPath = path.join(folder, "dockerd.log");
  const log = openSync(logPath, "w");
  const options = ["--host", `unix://${socket}`, "--data-root", path.join(folder, "data"), "--exec-root", path.join(run, "exec")];
  const [command, ...args] = ["dockerd", ...options, "--pidfile", path.join(run, "docker.pid")];
  // When this process is killed, the engine ends too.
  const tied = isOnPath("setpriv") ? ["setpriv", "--pdeathsig", "TERM", command] : [command];
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn(tied[0], [...tied.slice(1), ...args], { stdio: ["ignore", log, log], env, detached: true });
  closeSync(log);
  const exited = once(child, "exit").catch(() => {});
  const end = async () => {
    child.kill("SIGTERM");
    await Promise.race([exited, delay(endMs, undefined, { ref: false })]);
    killRest(folder, run);
    await unmountBelow(folder, run);
    await network.restore();
    await cgroups.unmount();
    for (const place of [run, folder]) rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  for (const giveUpAt = Date.now() + startMs; !(await answers(socket)); await delay(100)) {
    if (child.exitCode === null && Date.now() < giveUpAt) continue;
    const words = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-15).join("\n");
    await end();
    throw new Error(`The Docker engine for the tests did not start:\n${words}`);
  }
  return { socket, folder, end };
}

/** An engine that was killed leaves its containers' programs; all of them have one of its folders in their command line. */
function killRest(...folders) {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const words = read(`/proc/${pid}/cmdline`);
    if (!folders.some((folder) => words.includes(folder))) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // Because it may have ended just now.
    }
  }
}

async function unmountBelow(...folders) {
  const places = read("/proc/self/mounts")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((place) => folders.some((folder) => place.startsWith(`${folder}/`)));
  for (const place of places.toReversed()) await attempt("umount", "--lazy", place);
}

/** Limits of containers need them; a small machine may have none mounted. */
async function mountCgroups() {
  const top = "/sys/fs/cgroup";
  const isMounted = new RegExp(` ${top}(?:/\\S*)? cgroup2? `).test(read("/proc/self/mounts"));
  const enabled = isMounted ? [] : [...read("/proc/cgroups").matchAll(/^(\w+)\t\d+\t\d+\t1$/gm)].map(([, name]) => name);
  const places = enabled.map((name) => path.join(top, name));
  if (enabled.length > 0) await attempt("mount", "-t", "tmpfs", "-o", "mode=755", "cgroup", top);
  for (const [at, name] of enabled.entries()) {
    mkdirSync(places[at]);
    await attempt("mount", "-t", "cgroup", "-o", name, "cgroup", places[at]);
  }
  return {
    async unmount() {
      if (enabled.length > 0) for (const place of [...places, top]) await attempt("umount", "--lazy", place);
    },
  };
}

/** The engine makes a bridge and rules of its own, and leaves them when it ends. Where another engine has put its own, they stay. */
async function saveNetwork() {
  const forward = "/proc/sys/net/ipv4/ip_forward";
  const isForwarding = read(forward);
  const hasBridge = existsSync("/sys/class/net/docker0");
  const tables = await Promise.all(
    ["iptables", "ip6tables"].map(async (command) => ({ command, rules: await attempt(`${command}-save`) })),
  );
  return {
    async restore() {
      if (hasBridge || tables.some(({ rules }) => rules.includes(":DOCKER"))) return;
      await attempt("ip", "link", "delete", "docker0");
      for (const { command, rules } of tables) {
        for (const table of ["nat", "filter"])
          for (const what of ["--flush", "--delete-chain"]) await attempt(command, "--table", table, what);
        await attempt(command, "--policy", "FORWARD", "ACCEPT");
        if (rules !== "") await run(`${command}-restore`, [], rules);
      }
      writeFileSync(forward, isForwarding);
    },
  };
}

/** Made by debootstrap, in 25 s, because a registry may be out of reach. */
async function ensureBaseImage(socket, folder) {
  const images = await ask(socket, "GET", "/images/json");
  if (images.some(({ RepoTags: tags }) => tags?.includes(baseImage))) return;
  const place = mkdtempSync(path.join(folder, "debian-"));
  try {
    await run("debootstrap", ["--variant=minbase", "bookworm", place]);
    // It leaves /proc mounted there when something was still using it.
    await unmountBelow(place);
    const tar = spawn("tar", ["-C", place, "--one-file-system", "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const [repo, tag] = baseImage.split(":");
    await ask(socket, "POST", `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, tar.stdout);
  } finally {
    await unmountBelow(place);
    rmSync(place, { recursive: true, force: true });
  }
}

/** What it printed; nothing when it failed or is not there. */
function attempt(command, ...args) {
  return run(command, args).catch(() => "");
}

async function answers(socket) {
  return ask(socket, "GET", "/version").then(
    () => true,
    () => false,
  );
}

/** What the engine answers, as JSON; of several lines the last. */
function ask(socketPath, method, url, body) {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path: url, timeout: 120_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece));
      response.once("end", () => {
        const last = text.trim().split("\n").at(-1);
        if (response.statusCode === 200) resolve(JSON.parse(last || "null"));
        else reject(new Error(`The Docker engine answered ${response.statusCode}: ${text.trim()}`));
      });
    });
    asking.once("error", reject).once("timeout", () => asking.destroy(new Error("The Docker engine does not answer.")));
    if (body === undefined) asking.end();
    else body.pipe(asking);
  });
}

/** What it printed, once it has ended well. */
async function run(command, args, input = "") {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  child.stdin.on("error", () => {}).end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`"${command} ${args.join(" ")}" failed with exit code ${code}:\n${output.slice(-2000)}`);
  return output;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Because a process may be gone by now.
    return "";
  }
}
