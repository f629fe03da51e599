import type { CDPSession, Page } from "playwright-core";
import { Story, session } from "../webview/fixtures.ts";
import { countNodes, giveEarlier, longStory, pageEvents } from "../webview/longStory.ts";
import { openStage, type View } from "../webview/view.ts";
import type { Part, Row } from "./row.ts";
import { spread } from "./statistics.ts";

const rounds = 5;
const floodMegabytes = 50;
const chunkCharacters = 64 * 1024;

/** The chat view in Chromium: a conversation of more than 10,000 events, and a flood of output. */
export async function measureChatView(): Promise<Part> {
  await using stage = await openStage();
  const view = await stage.open();
  const story = longStory(1000);
  const rows = [
    await measurePaint(view, story),
    ...(await measureLong(view, story)),
    await measureToken(view),
    ...(await measureFlood(view)),
    row("the bundle, packed", "kB", [stage.gzipBytes / 1000], 180),
  ];
  const strays = [...view.strayRequests, ...(await view.violations())];
  return { title: `Chat view (${story.size} events)`, rows, notes: [], problems: strays.map((stray) => `chat view: ${stray}`) };
}

function row(name: string, unit: string, values: readonly number[], atMost: number): Row {
  return { name, unit, ours: spread(values), target: { atMost } };
}

/** From the snapshot to the frame that shows it. */
async function measurePaint(view: View, story: Story): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await view.fresh();
    await view.send(session());
    times.push(await timeToRows(view.page, story.snapshot(story.size - pageEvents)));
  }
  return row("first paint", "ms", times, 500);
}

function timeToRows(page: Page, update: unknown): Promise<number> {
  return page.evaluate(async (data) => {
    const startedAt = performance.now();
    window.postMessage(data, window.origin);
    while (document.querySelector("article") === null) await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - startedAt;
  }, update);
}

async function measureLong(view: View, story: Story): Promise<Row[]> {
  await view.send(session(), story.snapshot(story.size - pageEvents));
  await scrollThrough(view, "up");
  while ((await giveEarlier(view, story)) > 0) await scrollThrough(view, "top");
  const nodes = await countNodes(view);
  const frames = await scrollThrough(view, "down");
  const typing = await typeInto(view);
  return [
    row("nodes", "", [nodes], 1500),
    row("frame while scrolling, p95", "ms", [percentile(frames, 95)], 33),
    row("key until its frame, p95", "ms", [percentile(typing, 95)], 50),
    row("heap, all events loaded", "MB", [await heapMegabytes(view.page)], 100),
  ];
}

/** The times of the frames while the log scrolls for some seconds, or one frame at the top. */
function scrollThrough(view: View, way: "up" | "down" | "top"): Promise<number[]> {
  return view.page.getByRole("log").evaluate(async (frame, to) => {
    const times: number[] = [];
    let before = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    for (let step = 0; step < (to === "top" ? 3 : 180); step++) {
      if (to === "top") frame.scrollTop = 0;
      else frame.scrollTop += to === "down" ? 120 : -120;
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      times.push(now - before);
      before = now;
    }
    return times;
  }, way);
}

/** From each key to the frame after it. */
async function typeInto(view: View): Promise<number[]> {
  const field = view.page.getByRole("textbox").last();
  await field.focus();
  await field.evaluate((element) => {
    const times: number[] = [];
    Object.assign(globalThis, { keyTimes: times });
    element.addEventListener("keydown", (event) => requestAnimationFrame(() => times.push(performance.now() - event.timeStamp)));
  });
  await field.pressSequentially("words ".repeat(10), { delay: 30 });
  return view.page.evaluate("keyTimes");
}

/** From the notification to the frame after the one in which its text is there. */
async function measureToken(view: View): Promise<Row> {
  await view.fresh();
  const story = new Story().user("Go.").status("running");
  await view.send(session(), story.take());
  const times: number[] = [];
  for (let token = 0; token < 60; token++) {
    const data = story.delta(`word${token} `).take();
    times.push(
      await view.page.evaluate(
        async ({ update, text }) => {
          const startedAt = performance.now();
          window.postMessage(update, window.origin);
          while (!(document.querySelector(".streaming")?.textContent ?? "").includes(text))
            await new Promise((resolve) => requestAnimationFrame(resolve));
          return performance.now() - startedAt;
        },
        { update: data, text: `word${token}` },
      ),
    );
  }
  return row("a token until it is there, p95", "ms", [percentile(times, 95)], 50);
}

/** A command that writes 50 MB, while the person types. */
async function measureFlood(view: View): Promise<Row[]> {
  await view.fresh();
  const story = new Story().user("Go.").status("running");
  const command = story.terminal("yes");
  await view.send(session(), story.take());
  const before = await heapMegabytes(view.page);
  const update = story.live(command, `${"y".repeat(79)}\n`.repeat(chunkCharacters / 80)).take();
  const flooding = flood(view.page, update, Math.round((floodMegabytes * 1e6) / chunkCharacters));
  const typing = await typeInto(view);
  await flooding;
  const after = await heapMegabytes(view.page);
  return [
    row(`key during ${floodMegabytes} MB of output, p95`, "ms", [percentile(typing, 95)], 50),
    row(`heap after ${floodMegabytes} MB of output, more than before`, "MB", [Math.max(0, after - before)], 10),
  ];
}

/** Sends the same update again and again, some each 4 ms, as the extension does at its fastest. */
function flood(page: Page, update: unknown, times: number): Promise<void> {
  return page.evaluate(
    async ({ data, count }) => {
      for (let sent = 0; sent < count; sent++) {
        window.postMessage(data, window.origin);
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    },
    { data: update, count: times },
  );
}

async function heapMegabytes(page: Page): Promise<number> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1e6;
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
