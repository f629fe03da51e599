import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Frame } from "playwright-core";
import { chunk } from "../support/fakeLlmServer.ts";
import { until } from "../support/until.ts";
import { FaceWindow } from "./faceWindow.ts";
import { writeLog } from "./longLog.ts";
import type { Part, Row, Target } from "./row.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

const windows = 3;
const idleMs = 10_000;
const tokens = 100;
const floodMb = 50;
const events = 10_000;
const settledMs = 3_000;
const sticks = '[data-part="status"]';

/** What the face costs in a real VS Code: the extension host from inside, the page through Chromium. */
export async function measureFace(): Promise<Part> {
  const starts: Start[] = [];
  for (let count = 0; count < windows; count++) starts.push(await inWindow(measureStart));
  const work = await inWindow(measureWork);
  const one = (value: number): Spread => spread([value]);
  const row = (name: string, unit: string, ours: Spread, target?: Target): Row => ({ name, unit, ours, ...(target ? { target } : {}) });
  return {
    title: `The face in VS Code (${windows} windows; the rest in one)`,
    rows: [
      row("activation", "ms", spread(starts.map(({ activationMs }) => activationMs)), { atMost: 100 }),
      row("idle, CPU added", "% of a core", spread(starts.map(({ idlePercent }) => idlePercent)), { atMost: 0.5 }),
      row("idle, memory added", "MB", spread(starts.map(({ addedMb }) => addedMb)), { atMost: 40 }),
      row("10k events, first paint", "ms", one(work.firstPaintMs), { atMost: 500 }),
      row("view rebuilt", "ms", one(work.rebuiltMs), { atMost: 1_000 }),
      row("a token on screen, p50", "ms", one(work.tokenP50Ms)),
      row("a token on screen, p95", "ms", one(work.tokenP95Ms), { atMost: 50 }),
      row("50 MB of output, host grows", "MB", one(work.hostGrowthMb), { atMost: 40 }),
      row("50 MB of output, page grows", "MB", one(work.pageGrowthMb), { atMost: 20 }),
      ...work.delays.map(({ name, p99Ms }) => row(`host's delay p99, ${name}`, "ms", one(p99Ms), { atMost: 50 })),
    ],
    notes: [
      `The longest that the extension host was held up: ${work.delays.map(({ name, mostMs }) => `${name} ${Math.round(mostMs)} ms`).join(", ")}.`,
    ],
    problems: [],
  };
}

interface Start {
  readonly activationMs: number;
  readonly idlePercent: number;
  readonly addedMb: number;
}

async function idleCpuMs(face: FaceWindow): Promise<number> {
  const cpu = await face.cpuMs();
  await sleep(idleMs);
  return (await face.cpuMs()) - cpu;
}

interface Work {
  readonly firstPaintMs: number;
  readonly rebuiltMs: number;
  readonly tokenP50Ms: number;
  readonly tokenP95Ms: number;
  readonly hostGrowthMb: number;
  readonly pageGrowthMb: number;
  readonly delays: readonly { readonly name: string; readonly p99Ms: number; readonly mostMs: number }[];
}

const longId = randomUUID();

async function inWindow<Found>(measure: (face: FaceWindow, model: Model) => Promise<Found>): Promise<Found> {
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-face-"));
  try {
    await writeFile(path.join(folder, "a.txt"), "hello\n");
    await using model = await startModel();
    const env = { LLM_MODEL: "fake-model", LLM_BASE_URL: model.url, LLM_API_KEY: "none" };
    const prepare = async (data: string): Promise<void> => {
      const logs = path.join(data, "data", "User", "globalStorage", "openhands.openhands-vscode", "conversation-logs");
      await mkdir(logs, { recursive: true });
      writeLog(path.join(logs, longId), events);
    };
    await using face = await FaceWindow.open({ folder, env, prepare });
    return await measure(face, model);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureStart(face: FaceWindow): Promise<Start> {
  await sleep(settledMs);
  const withoutMs = await idleCpuMs(face);
  const before = await face.memoryMb();
  const activationMs = await face.activate();
  await face.command("openhands.chat.focus");
  await frameOf(face);
  await sleep(settledMs);
  // VS Code's own extensions are never quite idle: what they use is not ours.
  const idlePercent = (((await idleCpuMs(face)) - withoutMs) / idleMs) * 100;
  const after = await face.memoryMb();
  return { activationMs, idlePercent, addedMb: after.rss - before.rss };
}

async function measureWork(face: FaceWindow, model: Model): Promise<Work> {
  await face.activate();
  await face.command("openhands.chat.focus");
  const frame = await frameOf(face);
  const opened = seen(frame, "[data-event]");
  let begunAt = 0;
  const opening = await face.delayDuring(async () => {
    begunAt = await face.command("openhands.openConversation", { id: longId });
    await opened;
  });
  const firstPaintMs = (await opened) - begunAt;
  const rebuiltMs = await rebuild(face);
  await face.command("openhands.newConversation");
  const times: number[] = [];
  const streaming = await face.delayDuring(async () => times.push(...(await tokenTimes(face, model))));
  const flood = await measureFlood(face, model);
  return {
    firstPaintMs,
    rebuiltMs,
    tokenP50Ms: quantile(times, 0.5),
    tokenP95Ms: quantile(times, 0.95),
    ...flood,
    delays: [
      { name: "opening 10k events", ...opening },
      { name: "streaming", ...streaming },
      { name: "50 MB of output", ...flood.delay },
    ],
  };
}

/** From the command to kill the page until its rows are there again. */
async function rebuild(face: FaceWindow): Promise<number> {
  const old = await frameOf(face);
  const begunAt = await face.command("workbench.action.webview.reloadWebviewAction");
  await until(
    "the page to be gone",
    async () =>
      old.isDetached() ||
      (await old
        .locator("[data-event]")
        .count()
        .catch(() => 0)) === 0,
  );
  await until("the page to be back", async () => {
    const frame = face.window.page
      .frames()
      .find((candidate) => candidate !== old && !candidate.isDetached() && candidate.url().includes("fake"));
    return (
      (frame !== undefined &&
        (await frame
          .locator("[data-event]")
          .count()
          .catch(() => 0)) > 0) ||
      (await anyFrameShows(face, "[data-event]"))
    );
  });
  return Date.now() - begunAt;
}

async function anyFrameShows(face: FaceWindow, selector: string): Promise<boolean> {
  for (const frame of face.window.page.frames())
    if (
      (await frame
        .locator(selector)
        .count()
        .catch(() => 0)) > 0
    )
      return true;
  return false;
}

/** From the moment at which the model's server writes a token until the page has it in its document. */
async function tokenTimes(face: FaceWindow, model: Model): Promise<number[]> {
  const frame = await frameOf(face);
  await say(frame, "Count.");
  const response = await model.asked();
  const times: number[] = [];
  for (let index = 0; index < tokens; index++) {
    const word = `token${index}x`;
    const shown = frame.evaluate(
      `new Promise((resolve) => { const look = () => document.querySelector(".streaming")?.textContent.includes(${JSON.stringify(word)}) && (observer.disconnect(), requestAnimationFrame(() => resolve(Date.now()))); const observer = new MutationObserver(look); observer.observe(document.body, { subtree: true, childList: true, characterData: true }); look(); })`,
    );
    await sleep(20 + Math.random() * 60);
    const sentAt = Date.now();
    response.write(chunk({ content: `${word} ` }));
    times.push(Number(await shown) - sentAt);
  }
  response.write(chunk({}, "stop"));
  response.end("data: [DONE]\n\n");
  await frame.locator(sticks, { hasText: "Finished" }).waitFor();
  return times;
}

async function measureFlood(face: FaceWindow, model: Model) {
  const frame = await frameOf(face);
  const before = { host: await face.memoryMb(), page: await heapMb(face) };
  const delay = await face.delayDuring(async () => {
    await say(frame, "Write much.");
    const call = {
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: "terminal", arguments: JSON.stringify({ command: flood }) },
    };
    answer(await model.asked(), { tool_calls: [call] }, "tool_calls");
    answer(await model.asked(), { content: "That was much." }, "stop");
    await frame.locator(sticks, { hasText: "Finished" }).waitFor({ timeout: 120_000 });
  });
  const after = { host: await face.memoryMb(), page: await heapMb(face) };
  return { delay, hostGrowthMb: after.host.rss - before.host.rss, pageGrowthMb: after.page - before.page };
}

const flood = `head -c ${floodMb * 1_000_000} /dev/zero | tr '\\0' 'x' | fold -w 120`;

async function heapMb(face: FaceWindow): Promise<number> {
  const frame = await frameOf(face);
  await frame.evaluate("globalThis.gc?.()");
  return Number(await frame.evaluate("performance.memory.usedJSHeapSize")) / 1e6;
}

function frameOf(face: FaceWindow): Promise<Frame> {
  return face.window.frame("#root .composer", 30_000);
}

/** When the page has it, in milliseconds since 1970. */
async function seen(frame: Frame, selector: string): Promise<number> {
  return Number(
    await frame.evaluate(
      `new Promise((resolve) => { const look = () => document.querySelector(${JSON.stringify(selector)}) && (observer.disconnect(), requestAnimationFrame(() => resolve(Date.now()))); const observer = new MutationObserver(look); observer.observe(document.body, { subtree: true, childList: true }); look(); })`,
    ),
  );
}

async function say(frame: Frame, text: string): Promise<void> {
  await frame.getByLabel("Message to the agent").fill(text);
  await frame.getByLabel("Message to the agent").press("Enter");
}

interface Model extends AsyncDisposable {
  readonly url: string;
  /** The next request, whose answer is begun and left to the caller. */
  asked(): Promise<ServerResponse>;
}

async function startModel(): Promise<Model> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      waiting.push(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: () => until("the model to be asked", async () => waiting.shift(), 30_000),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, delta: object, reason: string): void {
  response.write(chunk(delta));
  response.write(chunk({}, reason));
  response.end("data: [DONE]\n\n");
}
