import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "./http.ts";
import { mainThreadMs, rssMb } from "./processTree.ts";

/** After it has given back what its start has left. */
const settleMs = 2_500;
const mostReadyMs = 10_000;

interface Start {
  readonly healthMs: number;
  /** On a processor, of the thread that answers. */
  readonly healthCpuMs: number;
  readonly readyMs: number;
  readonly idleMb: number;
}

type Starts = Readonly<Record<keyof Start, readonly number[]>>;

/** How long sandbox-server on a port takes to its first answers, and what it holds when nobody asks; beside a bare server. */
export async function measureStarts(
  dist: string,
  folder: string,
  starts: number,
): Promise<{ readonly ours: Starts; readonly floor: Starts }> {
  const found = { ours: new Array<Start>(), floor: new Array<Start>() };
  const program = path.join(dist, "sandbox-server.js");
  for (let round = -1; round < starts; round++) {
    const data = await mkdtemp(path.join(folder, "data-"));
    const floor = await startOnce(() => startFloor());
    const ours = await startOnce(() => startServer(program, folder, data));
    if (round < 0) continue;
    found.floor.push(floor);
    found.ours.push(ours);
  }
  return { ours: columns(found.ours), floor: columns(found.floor) };
}

export function startFloor(sizeBytes = 0): ChildProcess {
  return spawn(process.execPath, [path.join(import.meta.dirname, "httpFloor.mjs"), String(sizeBytes)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function startServer(program: string, workspace: string, data: string): ChildProcess {
  const args = [program, "--port", "0", "--workspace", workspace, "--data", data, "--log-level", "error"];
  return spawn(process.execPath, args, { env: { ...process.env, SESSION_API_KEY: "bench" }, stdio: ["ignore", "pipe", "inherit"] });
}

/** The port that a server says it listens at. */
export async function portOf({ stdout }: ChildProcess): Promise<number> {
  const [line] = (await once(createInterface({ input: stdout ?? process.stdin }), "line")) as [string];
  return (JSON.parse(line) as { port: number }).port;
}

async function startOnce(start: () => ChildProcess): Promise<Start> {
  const before = performance.now();
  const child = start();
  const pid = child.pid ?? 0;
  const base = `http://127.0.0.1:${await portOf(child)}`;
  await ask(`${base}/health`);
  const healthMs = performance.now() - before;
  const healthCpuMs = mainThreadMs(pid);
  for (let isReady = false; !isReady; isReady = (await ask(`${base}/ready`)).status === 200) {
    if (performance.now() - before > mostReadyMs) throw new Error("The server does not get ready.");
    await delay(1);
  }
  const readyMs = performance.now() - before;
  await delay(settleMs);
  const idleMb = rssMb(pid);
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
  return { healthMs, healthCpuMs, readyMs, idleMb };
}

function columns(starts: readonly Start[]): Starts {
  const column = (name: keyof Start): number[] => starts.map((start) => start[name]);
  return { healthMs: column("healthMs"), healthCpuMs: column("healthCpuMs"), readyMs: column("readyMs"), idleMb: column("idleMb") };
}
