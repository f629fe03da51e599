import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Duplex } from "node:stream";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { openRemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Part } from "./row.ts";
import { quantile, spread } from "./statistics.ts";

const starts = 9;
const rounds = 5;
const perRound = 200;
const mostMs = 30_000;

/** The least that can answer on its standard output. */
const echo = 'process.stdin.once("data", () => { process.stdout.write("x"); process.stdin.destroy(); });';

/** The tools behind sandbox-server: what its start and its wire cost. */
export async function measureSandbox(dist: string): Promise<Part> {
  const workspace = await mkdtemp(path.join(tmpdir(), "openhands-bench-"));
  try {
    const startTimes = { ours: new Array<number>(), floor: new Array<number>() };
    for (let round = -1; round < starts; round++) {
      const [floor, ours] = [await startNode(), await startServer(dist, workspace)];
      if (round < 0) continue;
      startTimes.floor.push(floor);
      startTimes.ours.push(ours);
    }
    const trips = await roundTrips(dist, workspace);
    const share = (of: number) => ({
      ours: spread(trips.ours.map((times) => quantile(times, of))),
      floor: spread(trips.floor.map((times) => quantile(times, of))),
    });
    return {
      title: `sandbox-server over stdio (${starts} starts; \`true\` ${rounds} × ${perRound}, alternating)`,
      rows: [
        {
          name: "start to first answer (floor: node that answers a byte)",
          unit: "ms",
          ours: spread(startTimes.ours),
          floor: spread(startTimes.floor),
          target: { atMost: 150 },
        },
        { name: "`true` p50 (floor: without the wire)", unit: "ms", ...share(0.5) },
        { name: "`true` p99 (floor: without the wire)", unit: "ms", ...share(0.99) },
      ],
      notes: [],
      problems: trips.problems,
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function startNode(): Promise<number> {
  const before = performance.now();
  const child = spawn(process.execPath, ["-e", echo], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write("x");
  await once(child.stdout, "data");
  const took = performance.now() - before;
  await ended(child);
  return took;
}

async function startServer(dist: string, workspace: string): Promise<number> {
  const before = performance.now();
  const { runtime, child } = await openServer(dist, workspace);
  const took = performance.now() - before;
  await runtime[Symbol.asyncDispose]();
  await ended(child);
  return took;
}

async function openServer(dist: string, workspace: string): Promise<{ readonly runtime: Runtime; readonly child: ChildProcess }> {
  const args = [path.join(dist, "sandbox-server.js"), "--stdio", "--workspace", workspace];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return { child, runtime: await openRemoteRuntime({ stream, signal: AbortSignal.timeout(mostMs) }) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit", { signal: AbortSignal.timeout(mostMs) });
}

async function roundTrips(dist: string, workspace: string) {
  await using direct = await openMachineRuntime({ workingDir: workspace, wall: "bench" });
  const { runtime: remote, child } = await openServer(dist, workspace);
  const times = { ours: new Array<number[]>(), floor: new Array<number[]>(), problems: new Array<string>() };
  for (let round = -1; round < rounds; round++) {
    const [floor, ours] = [await tripTimes(direct), await tripTimes(remote)];
    if (round < 0) continue;
    times.floor.push(floor);
    times.ours.push(ours);
  }
  const said = await remote.terminal.run(
    { type: "command", command: "echo $((6 * 7))", noChangeTimeoutMs: mostMs },
    { signal: AbortSignal.timeout(mostMs) },
  );
  if (said.output.trim() !== "42") times.problems.push(`sandbox-server: the terminal said ${JSON.stringify(said)}`);
  await remote[Symbol.asyncDispose]();
  await ended(child);
  return times;
}

async function tripTimes({ terminal }: Runtime): Promise<number[]> {
  const times: number[] = [];
  const { signal } = new AbortController();
  for (let index = 0; index < perRound; index++) {
    const before = performance.now();
    await terminal.run({ type: "command", command: "true", noChangeTimeoutMs: mostMs }, { signal });
    times.push(performance.now() - before);
  }
  return times;
}
