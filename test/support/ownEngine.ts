// A Docker engine of a test's own beside the machine's, which may be stopped, restarted, and have a small disk.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { importImage, type TestEngine } from "./docker.ts";
import { until } from "./until.ts";

export interface OwnEngine extends TestEngine, AsyncDisposable {
  /** For the setting sandbox.dockerHost. */
  readonly address: string;
  /** The name of an image with nothing in it, which is there. */
  readonly image: string;
  /** Where the engine keeps volumes, and all else. */
  readonly dataFolder: string;
  /** Ends the engine as the machine's service manager does, or by SIGKILL, and waits until it has ended. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
}

const run = promisify(execFile);
const environment = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };

/** Why there can be none here; undefined when there can. */
export function noOwnEngine(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "Only root on Linux can start an engine.";
  const isThere = environment.PATH.split(":").some((folder) => existsSync(path.join(folder, "dockerd")));
  if (!isThere) return "There is no dockerd.";
  // CI mounts them for its own engine (.ci/docker.mjs); a small machine has none while no engine runs.
  const hasGroups = / \/sys\/fs\/cgroup(?: cgroup2|\/\S*devices\S* cgroup) /.test(readFileSync("/proc/self/mounts", "utf8"));
  return hasGroups ? undefined : "No control groups are mounted, without which no engine starts.";
}

/** Its images and volumes are on a disk of `diskMegabytes` in memory, and it has no network. */
export async function ownEngine({
  diskMegabytes,
  liveRestore = false,
}: {
  readonly diskMegabytes: number;
  readonly liveRestore?: boolean;
}): Promise<OwnEngine> {
  // The names of sockets may not be long.
  const folder = await mkdtemp("/tmp/oh-engine-");
  const dataFolder = path.join(folder, "data");
  await mkdir(dataFolder);
  await run("mount", ["-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", dataFolder]);
  const socket = path.join(folder, "docker.sock");
  const docker = new Docker({ socketPath: socket });
  let child: ChildProcess | undefined;
  const places = ["--host", `unix://${socket}`, "--data-root", dataFolder, "--exec-root", path.join(folder, "exec")];
  const options = ["--pidfile", path.join(folder, "pid"), "--bridge", "none", "--iptables=false", "--storage-driver", "vfs"];
  const start = async (): Promise<void> => {
    // In a network of its own, because an engine that is told to have no bridge takes away the one of the machine's engine.
    child = spawn("unshare", ["--net", "dockerd", ...places, ...options, ...(liveRestore ? ["--live-restore"] : [])], {
      stdio: "ignore",
      env: environment,
    });
    await until("the engine", () => docker.ping().then(Boolean, () => undefined));
  };
  const stop = async (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const image = "oh-test-empty:1";
  try {
    await start();
    const nothing = pack();
    nothing.finalize();
    await importImage(docker, image, Readable.from(nothing));
  } catch (error) {
    await end();
    throw error;
  }
  return { docker, address: `unix://${socket}`, image, dataFolder, stop, start, [Symbol.asyncDispose]: end };

  async function end(): Promise<void> {
    await stop();
    await killRest(folder);
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const place of mounts.filter((one) => one.startsWith(`${folder}/`)).toReversed()) await run("umount", ["--lazy", place]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** An engine that was killed, or that lets its containers run, leaves their programs: all of them have its folder in their command line. */
async function killRest(folder: string): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!words.includes(`${folder}/`)) continue;
    // A shim takes what runs in its container with it only when it is asked to.
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    for (const one of [...children.trim().split(" "), pid]) kill(Number(one));
  }
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // Because it may have ended just now.
  }
}
