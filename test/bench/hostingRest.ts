import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type HeadlessServer, startHeadless } from "../support/headlessServer.ts";
import { portOf, startFloor } from "./headless.ts";
import { type Answer, ask } from "./http.ts";
import { rssMb, runningCpuMs } from "./processTree.ts";
import type { Row } from "./row.ts";
import { quantile, spread } from "./statistics.ts";

const working = 20;
const resting = 200;
const rounds = 3;
const roundMs = 6_000;
/** One request each, whether the one before has been answered or not. */
const everyMs = 10;
/** What the model takes for each answer. */
const thinkMs = 300;
/** What the least server answers: about as much as a page of conversations. */
const floorBytes = 20_000;

interface Measured {
  readonly rows: readonly Row[];
  readonly problems: readonly string[];
}

/** How long answers take while conversations work, beside a bare server that answers at the same time; and what all that holds. */
export async function measureRest(dist: string, folder: string): Promise<Measured> {
  const workspace = path.join(folder, "workspace");
  await mkdir(workspace);
  const model = spawn(process.execPath, [path.join(import.meta.dirname, "hostingModel.ts"), String(thinkMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [modelUrl] = (await once(createInterface({ input: model.stdout }), "line")) as [string];
  const floor = startFloor(floorBytes);
  const floorUrl = `http://127.0.0.1:${await portOf(floor)}/`;
  try {
    await using server = await startHeadless({
      workspace,
      program: path.relative(path.join(import.meta.dirname, "..", ".."), path.join(dist, "sandbox-server.js")),
      args: ["--data", path.join(folder, "many")],
      env: { OH_SECRET_KEY: "a-secret-key-of-the-bench" },
    });
    return await measureAt({ server, workspace, modelUrl, floorUrl });
  } finally {
    await Promise.all([end(model), end(floor)]);
  }
}

interface World {
  readonly server: HeadlessServer;
  readonly workspace: string;
  readonly modelUrl: string;
  readonly floorUrl: string;
}

async function measureAt(world: World): Promise<Measured> {
  const { server } = world;
  const rest: string[] = [];
  for (let count = 0; count < resting; count++) rest.push(await begin(world));
  await Promise.all(rest.map((id) => say(world, id, false)));
  const work = await Promise.all(Array.from({ length: working }, () => begin(world)));
  await Promise.all(work.map((id) => say(world, id, true)));
  const requests = requestsOf({ ...world, rest, work });
  const times = new Map<string, number[][]>(Object.keys(requests).map((name) => [name, []]));
  const problems = new Set<string>();
  const memoryMb: number[] = [];
  const busy: number[] = [];
  const pid = server.child.pid ?? 0;
  // The first round is not counted: the code is still cold.
  for (let round = -1; round < rounds; round++) {
    const [before, start] = [runningCpuMs(pid), performance.now()];
    const found = await oneRound(requests, problems, () => memoryMb.push(rssMb(pid)));
    busy.push((runningCpuMs(pid) - before) / (performance.now() - start));
    if (round >= 0) for (const [name, tookMs] of found) times.get(name)?.push(tookMs);
  }
  const running = (await ask(`${server.url}/api/conversations/count?status=running`, { key: server.key })).json;
  if (running !== working) problems.add(`hosting: ${running} of ${working} conversations work at the end`);
  return { rows: rowsOf(times, { memoryMb, busy }), problems: [...problems] };
}

function rowsOf(
  times: ReadonlyMap<string, readonly number[][]>,
  more: { readonly memoryMb: readonly number[]; readonly busy: readonly number[] },
) {
  const p99 = (of: readonly number[][]) => spread(of.map((round) => quantile(round, 0.99)));
  const p50 = (of: readonly number[][]) => spread(of.map((round) => quantile(round, 0.5)));
  const floor = times.get("floor") ?? [];
  const ours = [...times].filter(([name]) => name !== "floor");
  const together = floor.map((_, round) => ours.flatMap(([, of]) => of[round] ?? []));
  const rows: Row[] = [
    {
      name: `any answer p99, ${working} work and ${resting} rest (floor: a bare server at the same time)`,
      unit: "ms",
      ours: p99(together),
      floor: p99(floor),
      target: { atMost: 100 },
    },
    { name: "any answer p50", unit: "ms", ours: p50(together), floor: p50(floor) },
    ...ours.map(([name, of]): Row => ({ name: `${name} p99`, unit: "ms", ours: p99(of), floor: p99(floor), target: { atMost: 100 } })),
    { name: "memory of the server, at most", unit: "MB", ours: spread([Math.max(...more.memoryMb)]), target: { atMost: 300 } },
    { name: "processors that it uses", unit: "", ours: spread(more.busy) },
  ];
  return rows;
}

type Requests = Readonly<Record<string, () => Promise<Answer>>>;

function requestsOf({
  server,
  floorUrl,
  rest,
  work,
}: World & { readonly rest: readonly string[]; readonly work: readonly string[] }): Requests {
  let turn = 0;
  const get = (below: string) => ask(`${server.url}/api/${below}`, { key: server.key });
  const next = (ids: readonly string[]): string => ids[turn++ % ids.length] ?? "";
  const message = { content: [{ type: "text", text: "x".repeat(1_000) }], run: false };
  return {
    floor: () => ask(floorUrl),
    "a conversation that works": () => get(`conversations/${next(work)}`),
    "a conversation that rests": () => get(`conversations/${next(rest)}`),
    "search of conversations": () => get("conversations/search?limit=20&sort_order=UPDATED_AT_DESC"),
    "search of events": () => get(`conversations/${next(work)}/events/search?limit=100&sort_order=TIMESTAMP_DESC`),
    "count of events": () => get(`conversations/${next(rest)}/events/count`),
    settings: () => get("settings"),
    "a message": () => ask(`${server.url}/api/conversations/${next(rest)}/events`, { key: server.key, json: message }),
  };
}

async function oneRound(requests: Requests, problems: Set<string>, sample: () => void): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>(Object.keys(requests).map((name) => [name, []]));
  const asked: Promise<void>[] = [];
  const kinds = Object.entries(requests);
  const until = performance.now() + roundMs;
  for (let turn = 0; performance.now() < until; turn++) {
    const [name, request] = kinds[turn % kinds.length] ?? ["", () => Promise.reject(new Error("There is nothing to ask."))];
    asked.push(
      request().then(({ status, tookMs }) => {
        if (status !== 200) problems.add(`hosting: ${name} was answered with ${status}`);
        found.get(name)?.push(tookMs);
      }),
    );
    if (turn % 20 === 0) sample();
    await sleep(everyMs);
  }
  await Promise.all(asked);
  return found;
}

async function begin({ server, workspace, modelUrl }: World): Promise<string> {
  const llm = { model: "openai/bench", usage_id: "agent", api_key: "none", base_url: modelUrl };
  const json = {
    workspace: { working_dir: workspace },
    agent: { kind: "Agent", llm, tools: [{ name: "terminal" }, { name: "file_editor" }] },
    autotitle: false,
    stuck_detection: false,
    max_iterations: 100_000,
  };
  const answer = await ask(`${server.url}/api/conversations`, { key: server.key, json });
  if (answer.status !== 201) throw new Error(`No conversation was begun: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer.json.id;
}

async function say({ server }: World, id: string, run: boolean): Promise<void> {
  const json = { content: [{ type: "text", text: "Go on until you are told to stop." }], run };
  const { status } = await ask(`${server.url}/api/conversations/${id}/events`, { key: server.key, json });
  if (status !== 200) throw new Error(`A message was answered with ${status}.`);
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}
