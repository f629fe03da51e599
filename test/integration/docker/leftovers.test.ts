import { deepEqual, equal } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, utimes } from "node:fs/promises";
import path from "node:path";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import { hostId } from "../../../src/runtime/docker/hostId.ts";
import { ofHost, sandboxLabels } from "../../../src/runtime/docker/labels.ts";
import { Sandboxes } from "../../../src/runtime/docker/sandboxes.ts";
import { MachineFiles } from "../../../src/runtime/machine/machineFiles.ts";
import { root } from "../../support/checkout.ts";
import { testImage, useEngine } from "../../support/docker.ts";
import { usualSettings } from "../../support/sandboxes.ts";
import { newId, quietLog, type TempFolder, tempFolder } from "../../support/workspaces.ts";

const longAgo = "2026-01-02T03:04:05.000Z";

interface Made {
  readonly created?: string;
  readonly owner?: number | undefined;
  readonly isRunning?: boolean;
  readonly hasContainer?: boolean;
  /** Whose; ours when it is not said. */
  readonly host?: string;
}

describe("what sandboxes have left on the engine", () => {
  const engine = useEngine();
  let state: TempFolder;
  let ours: string;
  let sandboxes: Sandboxes;
  const hosts = new Set<string>();
  let alive: ChildProcess | undefined;
  let gone: number;

  before(async () => {
    alive = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const short = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
    gone = short.pid ?? 0;
    await once(short, "exit");
  });
  after(async () => {
    if (alive?.kill() === true) await once(alive, "exit");
  });

  beforeEach(async () => {
    state = await tempFolder();
    ours = await hostId(state.path);
    hosts.add(ours);
    sandboxes = new Sandboxes({
      dist: path.join(root, "dist"),
      stateFolder: state.path,
      settings: () => usualSettings,
      hostFiles: new MachineFiles(),
      environment: process.env,
      log: quietLog,
    });
  });

  afterEach(async () => {
    const { docker } = engine;
    for (const host of hosts) {
      const filters = ofHost(host);
      for (const { Id: id } of await docker.listContainers({ all: true, filters }))
        await docker.getContainer(id).remove({ force: true, v: true });
      for (const { Name: name } of (await docker.listVolumes({ filters })).Volumes) await docker.getVolume(name).remove();
    }
    hosts.clear();
    await sandboxes[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
  });

  /** Of a conversation: a container that waits for the end of its input, with its workspace. */
  async function make({
    created = longAgo,
    owner = gone,
    isRunning = false,
    hasContainer = true,
    host = ours,
  }: Made = {}): Promise<ConversationId> {
    const { docker } = engine;
    const id = newId();
    hosts.add(host);
    const labels = { ...sandboxLabels(host, id), created, owner: String(owner) };
    await docker.createVolume({ Name: `oh-${id}`, Labels: labels });
    if (!hasContainer) return id;
    const container = await docker.createContainer({
      name: `oh-${id}`,
      Image: await testImage(docker, "debian"),
      Cmd: ["sleep", "1000"],
      Labels: labels,
      HostConfig: { NetworkMode: "none", Init: true, Mounts: [{ Type: "volume", Source: `oh-${id}`, Target: "/workspace" }] },
    });
    if (isRunning) await container.start();
    return id;
  }

  /** What is on the engine of these: `container`, `volume`, both or nothing. */
  async function left(ids: Readonly<Record<string, ConversationId>>): Promise<Record<string, string>> {
    const { docker } = engine;
    const filters = { label: ["app=openhands-vscode"] };
    const containers = await docker.listContainers({ all: true, filters });
    const { Volumes: volumes } = await docker.listVolumes({ filters });
    const parts = (id: ConversationId): string[] => [
      ...(containers.some(({ Labels: labels }) => labels["session"] === id) ? ["container"] : []),
      ...(volumes.some(({ Name: name }) => name === `oh-${id}`) ? ["volume"] : []),
    ];
    return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, parts(id).join(" and ")]));
  }

  it("is swept at start: of this host only, nothing that is young, and nothing of a process that lives", async () => {
    const ids = {
      neverStarted: await make(),
      runsForNobody: await make({ isRunning: true }),
      known: await make(),
      knownWorkspace: await make({ hasContainer: false }),
      workspaceOfNobody: await make({ hasContainer: false }),
      young: await make({ created: new Date().toISOString() }),
      youngWorkspace: await make({ created: new Date().toISOString(), hasContainer: false }),
      alive: await make({ isRunning: true, owner: alive?.pid }),
      aliveButNeverStarted: await make({ owner: alive?.pid }),
      anotherHost: await make({ isRunning: true, host: newId() }),
    };
    const known = new Set([ids.known, ids.knownWorkspace]);
    await sandboxes.sweep(async (id) => known.has(id));
    deepEqual(await left(ids), {
      neverStarted: "",
      runsForNobody: "",
      known: "volume",
      knownWorkspace: "volume",
      workspaceOfNobody: "",
      young: "container and volume",
      youngWorkspace: "volume",
      alive: "container and volume",
      aliveButNeverStarted: "",
      anotherHost: "container and volume",
    });
  });

  it("goes when there is much of it, as after a host that was killed", async () => {
    const many = await Promise.all(Array.from({ length: 30 }, () => make()));
    const other = await make({ host: newId() });
    await sandboxes.sweep(async () => false);
    const ids = Object.fromEntries([...many, other].map((id, at) => [at, id]));
    deepEqual(
      Object.values(await left(ids)).filter((parts) => parts !== ""),
      ["container and volume"],
    );
  });

  it("stays when nobody can say which conversations there are", async () => {
    const ids = { one: await make() };
    await sandboxes.sweep(() => Promise.reject(new Error("The disk is gone.")));
    deepEqual(await left(ids), { one: "container and volume" });
  });

  it("is no matter where there is no engine", async () => {
    await using away = new Sandboxes({
      dist: path.join(root, "dist"),
      stateFolder: state.path,
      settings: () => ({ ...usualSettings, dockerHost: "unix:///nowhere.sock" }),
      hostFiles: new MachineFiles(),
      environment: process.env,
      log: quietLog,
    });
    await away.sweep(async () => false);
  });

  it("is listed, the newest first", async () => {
    const kept = await make({ hasContainer: false });
    const running = await make({ created: "2026-03-04T05:06:07.000Z", isRunning: true, owner: process.pid });
    await make({ host: newId() });
    const all = await sandboxes.list(AbortSignal.timeout(20_000));
    deepEqual(all, [
      {
        conversationId: running,
        image: "debian:bookworm-slim",
        isRunning: true,
        createdAt: "2026-03-04T05:06:07.000Z",
        hasWorkspace: true,
      },
      { conversationId: kept, image: "", isRunning: false, createdAt: longAgo, hasWorkspace: true },
    ]);
  });

  it("is removed for one conversation, with what its copy was made from, whether it runs or not", async () => {
    const ids = { running: await make({ isRunning: true, owner: alive?.pid }), other: await make() };
    const base = await makeBase(ids.running);
    await sandboxes.remove(ids.running, AbortSignal.timeout(20_000));
    await sandboxes.remove(newId(), AbortSignal.timeout(20_000));
    deepEqual(await left(ids), { running: "", other: "container and volume" });
    equal(await isThere(base), false);
  });

  it("is pruned by the person, who learns what that was", async () => {
    const ids = {
      kept: await make({ hasContainer: false }),
      unknown: await make({ hasContainer: false }),
      alive: await make({ isRunning: true, owner: alive?.pid }),
    };
    const bases = await Promise.all([makeBase(ids.kept), makeBase(ids.unknown), makeBase(newId())]);
    const removed = await sandboxes.prune((id) => id === ids.kept, AbortSignal.timeout(20_000));
    deepEqual(
      removed.map(({ conversationId }) => conversationId),
      [ids.unknown],
    );
    deepEqual(await left(ids), { kept: "volume", unknown: "", alive: "container and volume" });
    deepEqual(await Promise.all(bases.map(isThere)), [true, false, false]);
  });

  async function makeBase(id: ConversationId): Promise<string> {
    const folder = path.join(state.path, "sandboxes", id);
    await mkdir(folder, { recursive: true });
    await utimes(folder, new Date(longAgo), new Date(longAgo));
    return folder;
  }
});

async function isThere(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
