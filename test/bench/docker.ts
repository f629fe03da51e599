import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import type { DockerRef } from "../../src/protocol/sandbox.ts";
import { type Sandbox, Sandboxes } from "../../src/runtime/docker/sandboxes.ts";
import { MachineFiles } from "../../src/runtime/machine/machineFiles.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Part, Row } from "./row.ts";
import { median, quantile, spread } from "./statistics.ts";

const starts = 9;
const rounds = 5;
const perRound = 200;
const copies = 3;
const atOnce = 10;
const mostMs = 60_000;
/** The workspace that is copied: 100 MB. */
const workspaceSize = { files: 5_000, bytesEach: 20_000, changed: 20 };
const calls = { count: 300, seconds: 0.01 };

/** Present on the engine, with a shell. */
const image = process.env["OPENHANDS_TEST_IMAGE"] ?? "debian:bookworm-slim";
const ref: DockerRef = { kind: "docker", image, network: "none", workspace: "copy" };

/** Sandboxes on the engine of this machine: what they cost to make, to use and to end. */
export async function measureDocker(dist: string): Promise<Part> {
  const root = await mkdtemp(path.join(tmpdir(), "openhands-bench-"));
  try {
    const bench = new Bench(dist, root);
    await using sandboxes = bench.sandboxes;
    // Makes the volume of tools, once for each version.
    await bench.once(sandboxes, bench.small);
    const life = await lives(bench);
    const used = await use(bench);
    const many = await manyAtOnce(bench);
    const copied = await copy(bench);
    return {
      title: `Sandboxes in Docker (${image}; ${starts} starts, \`true\` ${rounds} × ${perRound}, alternating)`,
      rows: [...life, ...used.rows, many, ...copied.rows],
      notes: [],
      problems: [...used.problems, ...copied.problems],
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

class Bench {
  readonly sandboxes: Sandboxes;
  readonly small: string;
  readonly large: string;

  constructor(dist: string, root: string) {
    this.small = path.join(root, "small");
    this.large = path.join(root, "large");
    this.sandboxes = new Sandboxes({
      dist,
      stateFolder: path.join(root, "state"),
      settings: () => ({
        dockerHost: "",
        mounts: [],
        writableRoot: false,
        ociRuntime: "",
        memoryMegabytes: 2048,
        cpus: 2,
        pids: 512,
      }),
      hostFiles: new MachineFiles(),
      environment: process.env,
      log: noLog,
    });
  }

  async open(folder: string, id = newId()): Promise<Sandbox> {
    await mkdir(folder, { recursive: true });
    const signal = AbortSignal.timeout(mostMs);
    return this.sandboxes.open({ conversationId: id, folders: [folder], ref, onPhase: () => undefined, signal });
  }

  async once(sandboxes: Sandboxes, folder: string): Promise<{ startMs: number; endMs: number }> {
    const id = newId();
    const begun = performance.now();
    const sandbox = await this.open(folder, id);
    await run(sandbox, "true");
    const ready = performance.now();
    await sandbox[Symbol.asyncDispose]();
    await sandboxes.remove(id, AbortSignal.timeout(mostMs));
    return { startMs: ready - begun, endMs: performance.now() - ready };
  }
}

const newId = (): ConversationId => ConversationId.parse(randomUUID());

async function lives(bench: Bench): Promise<Row[]> {
  const ours: { startMs: number; endMs: number }[] = [];
  const floor: { startMs: number; endMs: number }[] = [];
  for (let round = 0; round < starts; round++) {
    floor.push(await bareContainer());
    ours.push(await bench.once(bench.sandboxes, bench.small));
  }
  const of = (times: typeof ours, key: "startMs" | "endMs") => spread(times.map((time) => time[key]));
  return [
    {
      name: "image present → first tool result (floor: a bare container whose shell answers a line)",
      unit: "ms",
      ours: of(ours, "startMs"),
      floor: of(floor, "startMs"),
      target: { atMost: 600 },
    },
    {
      name: "removal, with its volume (floor: the bare container)",
      unit: "ms",
      ours: of(ours, "endMs"),
      floor: of(floor, "endMs"),
      target: { atMost: 300 },
    },
  ];
}

/** The least that can answer from a container. */
async function bareContainer(): Promise<{ startMs: number; endMs: number }> {
  const docker = new Docker();
  const begun = performance.now();
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["sh", "-c", "read line; echo x; read line"],
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: { NetworkMode: "none" },
  });
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true });
  await container.start();
  stream.write("\n");
  await once(stream, "data", { signal: AbortSignal.timeout(mostMs) });
  const ready = performance.now();
  await container.remove({ force: true, v: true });
  return { startMs: ready - begun, endMs: performance.now() - ready };
}

async function use(bench: Bench): Promise<{ rows: Row[]; problems: string[] }> {
  const id = newId();
  const sandbox = await bench.open(bench.small, id);
  await using direct = await openMachineRuntime({ workingDir: bench.small, wall: "bench" });
  const trips = { ours: new Array<number[]>(), floor: new Array<number[]>() };
  const through = { ours: new Array<number>(), floor: new Array<number>() };
  for (let round = -1; round < rounds; round++) {
    const [floor, ours] = [await timesOf(direct, "true", perRound), await timesOf(sandbox, "true", perRound)];
    const command = `sleep ${calls.seconds}`;
    const [slowFloor, slowOurs] = [await timesOf(direct, command, calls.count), await timesOf(sandbox, command, calls.count)];
    if (round < 0) continue;
    trips.floor.push(floor);
    trips.ours.push(ours);
    through.floor.push(sum(slowFloor));
    through.ours.push(sum(slowOurs));
  }
  const memory = await serverMegabytes(sandbox);
  const said = await run(sandbox, "echo $((6 * 7))");
  await sandbox[Symbol.asyncDispose]();
  await bench.sandboxes.remove(id, AbortSignal.timeout(mostMs));
  const share = (of: number) => ({
    ours: spread(trips.ours.map((times) => quantile(times, of))),
    floor: spread(trips.floor.map((times) => quantile(times, of))),
  });
  return {
    rows: [
      { name: "`true` p50 (floor: on the machine itself)", unit: "ms", ...share(0.5), target: { atMost: 1.2 } },
      { name: "`true` p99 (floor: on the machine itself)", unit: "ms", ...share(0.99) },
      {
        name: `${calls.count} calls of ${calls.seconds * 1000} ms each (floor: on the machine itself)`,
        unit: "ms",
        ours: spread(through.ours),
        floor: spread(through.floor),
        target: { atMost: median(through.floor) / 0.9, words: "floor / 0.9" },
      },
      { name: "memory of sandbox-server after that", unit: "MB", ours: spread([memory]), target: { atMost: 70 } },
    ],
    problems: said.trim() === "42" ? [] : [`docker: the terminal said ${JSON.stringify(said)}`],
  };
}

async function serverMegabytes(sandbox: Sandbox): Promise<number> {
  const script = `for p in /proc/[0-9]*; do if tr '\\0' ' ' < $p/cmdline | grep -q -- '--stdio --workspace'; then sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' $p/status; fi; done | sort -n | tail -1`;
  return Number.parseInt(await run(sandbox, script), 10) / 1000;
}

async function manyAtOnce(bench: Bench): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < copies; round++) {
    const ids = Array.from({ length: atOnce }, newId);
    const begun = performance.now();
    const opened = await Promise.all(
      ids.map(async (id) => {
        const sandbox = await bench.open(bench.small, id);
        await run(sandbox, "true");
        return sandbox;
      }),
    );
    times.push(performance.now() - begun);
    await Promise.all(opened.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    await Promise.all(ids.map((id) => bench.sandboxes.remove(id, AbortSignal.timeout(mostMs))));
  }
  return { name: `${atOnce} at once, each to its first tool result`, unit: "ms", ours: spread(times), target: { atMost: 6_000 } };
}

/** The time that the same start takes with nothing in the workspace is taken off. */
async function copy(bench: Bench): Promise<{ rows: Row[]; problems: string[] }> {
  await fill(bench.large);
  const [copying, listing, problems] = [new Array<number>(), new Array<number>(), new Array<string>()];
  for (let round = 0; round < copies; round++) {
    const { startMs: emptyMs } = await bench.once(bench.sandboxes, bench.small);
    const id = newId();
    const begun = performance.now();
    const sandbox = await bench.open(bench.large, id);
    await run(sandbox, "true");
    copying.push(performance.now() - begun - emptyMs);
    await run(sandbox, `for n in $(seq ${workspaceSize.changed}); do echo changed >> folder0/file$((n * 50 - 50)).txt; done`);
    const before = performance.now();
    const listed = await sandbox.review?.list(AbortSignal.timeout(mostMs));
    listing.push(performance.now() - before);
    const changed = listed?.changes.filter(({ kind }) => kind === "changed").length;
    if (changed !== workspaceSize.changed) problems.push(`docker: ${changed} changes were listed, not ${workspaceSize.changed}`);
    await sandbox[Symbol.asyncDispose]();
    await bench.sandboxes.remove(id, AbortSignal.timeout(mostMs));
  }
  const size = `${workspaceSize.files} files / ${(workspaceSize.files * workspaceSize.bytesEach) / 1e6} MB`;
  return {
    rows: [
      { name: `copy-in of ${size}`, unit: "ms", ours: spread(copying), target: { atMost: 3_000 } },
      { name: "listing its changes", unit: "ms", ours: spread(listing), target: { atMost: 500 } },
    ],
    problems,
  };
}

const folders = 50;

async function fill(root: string): Promise<void> {
  const line = "the quick brown fox jumps over the lazy dog 0123456789 ";
  for (let index = 0; index < workspaceSize.files; index++) {
    const folder = path.join(root, `folder${index % folders}`);
    if (index < folders) await mkdir(folder, { recursive: true });
    const text = `${index} ${line.repeat(workspaceSize.bytesEach / line.length + 1)}`.slice(0, workspaceSize.bytesEach - 1);
    await writeFile(path.join(folder, `file${index}.txt`), `${text}\n`);
  }
}

async function timesOf(runtime: Runtime, command: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    await run(runtime, command);
    times.push(performance.now() - before);
  }
  return times;
}

async function run({ terminal }: Runtime, command: string): Promise<string> {
  const { output } = await terminal.run({ type: "command", command, noChangeTimeoutMs: mostMs }, { signal: AbortSignal.timeout(mostMs) });
  return output;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
