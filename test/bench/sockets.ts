import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type HeadlessServer, startHeadless } from "../support/headlessServer.ts";
import { writeLog } from "./longLog.ts";
import type { Part, Row } from "./row.ts";
import { BenchClient } from "./socketClients.ts";
import { quantile, spread } from "./statistics.ts";

const rounds = 3;
const secondsMs = 4_000;
const rooms = 2;
const perRoom = 50;
/** Of each conversation. */
const eventsPerSecond = 50;
const pages = 300;
const longLog = 100_000;

/** What many clients of events cost: fan-out, one that stalls, all that come back at once; and pages of a long conversation. */
export async function measureSockets(artefacts: string): Promise<Part> {
  await mkdir(artefacts, { recursive: true });
  const root = await mkdtemp(path.join(artefacts, "openhands-bench-"));
  try {
    const workspace = path.join(root, "workspace");
    const conversations = path.join(root, "conversations");
    await Promise.all([workspace, conversations].map((folder) => mkdir(folder)));
    const long = randomUUID();
    writeLog(path.join(conversations, long), longLog);
    await using server = await startHeadless({
      workspace,
      program: "dist/sandbox-server.js",
      env: { OH_PERSISTENCE_DIR: root, OH_SECRET_KEY: "a-secret-key-of-the-bench" },
    });
    const problems: string[] = [];
    const rows = [...(await fanOut(server, workspace, problems)), ...(await searches(server, long, problems))];
    const title = `Events for many clients (${rooms * perRoom} sockets of ${rooms} conversations, ${eventsPerSecond} events/s each; ${rounds} × ${secondsMs / 1000} s)`;
    return { title, rows, notes: [], problems };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function fanOut(server: HeadlessServer, workspace: string, problems: string[]): Promise<Row[]> {
  const ids = await Promise.all(Array.from({ length: rooms }, () => begin(server, workspace)));
  await using speaking = speakIn(server, ids, await eventsOfMessage(server, ids[0] ?? ""));
  const floor = await floorDelays();
  const quiet: number[][] = [];
  const stalled: number[][] = [];
  const rates: number[] = [];
  const storms: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const clients = await openAll(server, ids);
    const heard = await measured(clients);
    quiet.push(heard.delaysMs);
    rates.push(heard.perSecond);
    // One of each conversation takes nothing any more.
    const wedged = clients.filter((_, index) => index % perRoom === 0);
    for (const client of wedged) client.stall();
    stalled.push((await measured(clients.filter((client) => !wedged.includes(client)))).delaysMs);
    for (const client of wedged) client.drop();
    const others = clients.filter((client) => !wedged.includes(client));
    storms.push(await storm(server, { clients: others, ids }));
    problems.push(...(await lost(server, { clients: others, ids })));
    for (const client of clients) client.drop();
  }
  problems.push(...speaking.problems);
  const share = (of: number, delays: readonly number[][]) => spread(delays.map((times) => quantile(times, of)));
  const p99 = share(0.99, quiet);
  return [
    { name: "deliveries in a second", unit: "", ours: spread(rates), floor: spread(floor.rates) },
    { name: "stamp to client p50 (floor: nothing is kept)", unit: "ms", ours: share(0.5, quiet), floor: share(0.5, floor.delays) },
    { name: "stamp to client p99", unit: "ms", ours: p99, floor: share(0.99, floor.delays), target: { atMost: 50 } },
    {
      name: "the same beside clients that stall (floor: without them)",
      unit: "ms",
      ours: share(0.99, stalled),
      floor: p99,
      target: { atMost: 50 },
    },
    { name: "all come back at once: until all are level", unit: "ms", ours: spread(storms), target: { atMost: 5_000 } },
  ];
}

async function begin(server: HeadlessServer, workspace: string): Promise<string> {
  const agent = { kind: "Agent", llm: { model: "openai/none", usage_id: "agent", api_key: "none" }, tools: [] };
  const { status, json } = await server.ask("/api/conversations", {
    json: { workspace: { working_dir: workspace }, agent, autotitle: false },
  });
  if (status !== 201) throw new Error(`No conversation was begun: ${status} ${JSON.stringify(json)}`);
  return json.id;
}

/** How many events a message is that begins no run. The first one has the system prompt before it. */
async function eventsOfMessage(server: HeadlessServer, id: string): Promise<number> {
  const counts: number[] = [];
  for (let message = 0; message < 2; message++) {
    await say(server, id);
    counts.push((await server.ask(`/api/conversations/${id}/events/count`)).json);
  }
  return (counts[1] ?? 0) - (counts[0] ?? 0);
}

async function say(server: HeadlessServer, id: string): Promise<number> {
  const content = [{ type: "text", text: "x".repeat(1_000) }];
  return (await server.ask(`/api/conversations/${id}/events`, { json: { content, run: false } })).status;
}

/** Messages that begin no run, in a steady beat, until it is disposed. */
function speakIn(
  server: HeadlessServer,
  ids: readonly string[],
  eventsPerMessage: number,
): AsyncDisposable & { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const sending = new Set<Promise<void>>();
  const send = async (id: string): Promise<void> => {
    const status = await say(server, id);
    if (status !== 200) problems.push(`sockets: a message was answered with ${status}`);
  };
  const timer = setInterval(
    () => {
      for (const id of ids) {
        const sent = send(id).finally(() => sending.delete(sent));
        sending.add(sent);
      }
    },
    (1_000 * eventsPerMessage) / eventsPerSecond,
  );
  return {
    problems,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all(sending);
    },
  };
}

async function openAll(server: HeadlessServer, ids: readonly string[]): Promise<BenchClient[]> {
  const addresses = ids.map((id) => `${server.url.replace("http", "ws")}/sockets/events/${id}?session_api_key=${server.key}`);
  const clients = addresses.flatMap((address) => Array.from({ length: perRoom }, () => new BenchClient(address)));
  await Promise.all(clients.map((client) => client.open()));
  return clients;
}

async function measured(clients: readonly BenchClient[]): Promise<{ readonly delaysMs: number[]; readonly perSecond: number }> {
  for (const client of clients) client.measure();
  const before = performance.now();
  await sleep(secondsMs);
  for (const client of clients) client.rest();
  const frames = clients.reduce((sum, client) => sum + client.frames, 0);
  return { delaysMs: clients.flatMap((client) => client.delaysMs), perSecond: (frames * 1_000) / (performance.now() - before) };
}

interface Storm {
  readonly clients: readonly BenchClient[];
  readonly ids: readonly string[];
}

/** All connections break while events go on; a second later all come back. Until the last one has what was newest by then. */
async function storm(server: HeadlessServer, { clients, ids }: Storm): Promise<number> {
  for (const client of clients) client.drop();
  await sleep(1_000);
  const newest = await Promise.all(ids.map((id) => newestId(server, id)));
  const before = performance.now();
  await Promise.all(clients.map((client) => client.reopen()));
  await Promise.all(clients.map((client, index) => client.has(newest[roomOf(index, clients)] ?? "")));
  return performance.now() - before;
}

function roomOf(index: number, clients: readonly BenchClient[]): number {
  return Math.floor((index * rooms) / clients.length);
}

async function newestId(server: HeadlessServer, id: string): Promise<string> {
  const { json } = await server.ask(`/api/conversations/${id}/events/search?sort_order=TIMESTAMP_DESC&limit=1`);
  return json.items[0].id;
}

/** A sentence when a client has not all events from its first one to the newest one. */
async function lost(server: HeadlessServer, { clients, ids }: Storm): Promise<string[]> {
  const newest = await Promise.all(ids.map((id) => newestId(server, id)));
  await Promise.all(clients.map((client, index) => client.has(newest[roomOf(index, clients)] ?? "")));
  const missing = await Promise.all(
    ids.map(async (id, room) => {
      const kept = await allIds(server, id);
      const of = clients.filter((_, index) => roomOf(index, clients) === room);
      return of.map(({ ids: heard }) => {
        const first = kept.findIndex((one) => heard.has(one));
        const last = kept.indexOf(newest[room] ?? "");
        return kept.slice(first, last + 1).filter((one) => !heard.has(one)).length;
      });
    }),
  );
  const total = missing.flat().reduce((sum, count) => sum + count, 0);
  return total === 0 ? [] : [`sockets: ${total} deliveries were lost`];
}

async function allIds(server: HeadlessServer, id: string): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const { json } = await server.ask(`/api/conversations/${id}/events/search${next === "" ? "" : `?page_id=${next}`}`);
    ids.push(...json.items.map((event: { readonly id: string }) => event.id));
    next = json.next_page_id;
  }
  return ids;
}

async function floorDelays(): Promise<{ readonly delays: number[][]; readonly rates: number[] }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "socketFloor.ts"), String(eventsPerSecond)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(createInterface({ input: child.stdout }), "line");
  const clients = Array.from({ length: rooms * perRoom }, (_, index) => new BenchClient(`ws://127.0.0.1:${port}/${index % rooms}?`));
  await Promise.all(clients.map((client) => client.open()));
  const delays: number[][] = [];
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { delaysMs, perSecond } = await measured(clients);
    delays.push(delaysMs);
    rates.push(perSecond);
  }
  for (const client of clients) client.drop();
  await end(child);
  return { delays, rates };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

async function searches(server: HeadlessServer, id: string, problems: string[]): Promise<Row[]> {
  const base = `/api/conversations/${id}/events`;
  const ask = async (below: string): Promise<{ readonly tookMs: number; readonly json: ReturnType<typeof JSON.parse> }> => {
    const before = performance.now();
    const { json } = await server.ask(base + below);
    return { tookMs: performance.now() - before, json };
  };
  const first = await ask("/search?sort_order=TIMESTAMP_DESC");
  const count = (await ask("/count")).json;
  if (count !== longLog) problems.push(`sockets: ${count} of ${longLog} events were counted`);
  const times: number[] = [];
  const filtered: number[] = [];
  const floor: number[] = [];
  let next: string = first.json.next_page_id;
  for (let page = 0; page < pages; page++) {
    const found = await ask(`/search?sort_order=TIMESTAMP_DESC&page_id=${next}`);
    if (found.json.items.length !== 100 || found.json.items[0].id !== next)
      problems.push("sockets: a page is not the one that was asked for");
    times.push(found.tookMs);
    next = found.json.next_page_id;
    filtered.push((await ask(`/search?kind=MessageEvent&source=agent&page_id=${next}`)).tookMs);
    const before = performance.now();
    await server.ask("/health");
    floor.push(performance.now() - before);
  }
  const bound = { target: { atMost: 20 }, floor: spread([quantile(floor, 0.99)]) };
  return [
    { name: "100k events: first page after the start", unit: "ms", ours: spread([first.tookMs]) },
    { name: "100k events: a page p99 (floor: /health)", unit: "ms", ours: spread([quantile(times, 0.99)]), ...bound },
    { name: "100k events: a page with filters p99", unit: "ms", ours: spread([quantile(filtered, 0.99)]), ...bound },
  ];
}
