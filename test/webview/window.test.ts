import assert from "node:assert/strict";
import { type Story, session } from "./fixtures.ts";
import { countNodes, giveEarlier, longStory, pageEvents } from "./longStory.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: a window on 10,000 events", () => {
  let view: View;
  let story: Story;
  let count: number;
  withView((_stage, opened) => {
    view = opened;
  });
  before(() => {
    story = longStory(1000);
    count = story.size;
  });
  beforeEach(async () => {
    await view.send(session(), story.snapshot(count - pageEvents));
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const log = () => view.page.getByRole("log");
  const scrollBy = (pixels: number): Promise<void> =>
    log().evaluate(async (frame, by) => {
      frame.scrollTop += by;
      for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
    }, pixels);
  /** What is at the top of the view: the row's name, and how far below the top it begins. */
  const reading = (): Promise<{ name: string; top: number }> =>
    log().evaluate((frame) => {
      const { top } = frame.getBoundingClientRect();
      const row = [...frame.querySelectorAll("article")].find((each) => each.getBoundingClientRect().bottom > top);
      return { name: row?.getAttribute("aria-label") ?? "", top: Math.round((row?.getBoundingClientRect().top ?? 0) - top) };
    });

  it("draws what is in view and near it, and loads nothing more at the end", async () => {
    assert.ok(count >= 10_000, `${count} events`);
    const nodes = await countNodes(view);
    assert.ok(nodes <= 1500, `${nodes} nodes`);
    assert.equal(await giveEarlier(view, story), 0);
  });

  it("loads and draws earlier events before their place is seen, and never more than the window", async () => {
    let pages = 0;
    let most = 0;
    for (let step = 0; step < 60; step++) {
      await scrollBy(-900);
      pages += await giveEarlier(view, story);
      most = Math.max(most, await countNodes(view));
      const blank = await log().evaluate((frame) => {
        const { left, top } = frame.getBoundingClientRect();
        return document.elementFromPoint(left + 40, top + 200)?.classList.contains("space");
      });
      assert.equal(blank, false, `step ${step} shows nothing`);
    }
    assert.ok(pages > 10, `${pages} pages were loaded`);
    assert.ok(most <= 1500, `${most} nodes`);
  });

  it("moves nothing that is read when earlier events come before it", async () => {
    await scrollBy(-3000);
    for (let step = 0; step < 10; step++) {
      await scrollBy(-700);
      const before = await reading();
      await giveEarlier(view, story);
      const after = await reading();
      assert.equal(after.name, before.name);
      assert.ok(Math.abs(after.top - before.top) <= 1, `moved from ${before.top} to ${after.top}`);
    }
  });

  it("says that it loads, and nothing once the first event is there", async () => {
    assert.equal(await view.page.getByText("Loading earlier…").count(), 1);
    await view.send(longStory(2).snapshot());
    assert.equal(await view.page.getByText("Loading earlier…").count(), 0);
  });

  it("shows the same again when it is scrolled there and back", async () => {
    await view.page.getByRole("button", { name: "Ran npm test -- module999" }).press("Enter");
    await scrollBy(-200);
    const before = await reading();
    await scrollBy(-5000);
    await giveEarlier(view, story);
    await scrollBy(1_000_000);
    await scrollBy(-200);
    assert.equal(await view.page.getByRole("button", { name: "Ran npm test -- module999" }).getAttribute("aria-expanded"), "true");
    assert.deepEqual(await reading(), before);
  });

  it("goes from message to message, also to those that are neither drawn nor loaded", async () => {
    const focused = (): Promise<string> => view.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    await log().focus();
    const visited: string[] = [];
    for (let jump = 0; jump < 45; jump++) {
      await view.page.keyboard.press("Control+ArrowUp");
      await view.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      await giveEarlier(view, story);
      visited.push(await focused());
    }
    const wanted = Array.from({ length: 45 }, (_, index) => `You: Task ${999 - index}: make the test of module ${999 - index} pass.`);
    // The first is the message of what is at the top of the view, which may not be the last one.
    const offset = wanted.indexOf(visited[0] ?? "");
    assert.deepEqual(visited, wanted.slice(offset).concat(visited.slice(45 - offset)));
    assert.ok(Math.abs((await reading()).top) <= 60);
    await view.send({ type: "move", to: "nextMessage" });
    assert.equal(await focused(), visited.at(-2));
  });

  it("comes back to what was being read, however far up that was", async () => {
    for (let step = 0; step < 15; step++) {
      await scrollBy(-900);
      await giveEarlier(view, story);
    }
    const before = await reading();
    await view.reload();
    await view.send(session(), story.snapshot(count - pageEvents));
    await giveEarlier(view, story);
    const after = await reading();
    assert.equal(after.name, before.name);
    assert.ok(Math.abs(after.top - before.top) <= 1, `moved from ${before.top} to ${after.top}`);
  });

  it("goes up and down the rows, and folds them, with the arrow keys", async () => {
    const focused = (): Promise<string> =>
      view.page.evaluate(() => document.activeElement?.closest("article, .reads")?.getAttribute("aria-label") ?? "");
    await view.page.getByRole("button", { name: "Ran npm test -- module999" }).focus();
    await view.page.keyboard.press("ArrowUp");
    assert.equal(await focused(), "Read 2 files");
    await view.page.keyboard.press("ArrowRight");
    await view.page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "Read src/module999.ts");
    await view.page.keyboard.press("ArrowUp");
    await view.page.keyboard.press("ArrowLeft");
    await view.page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "Ran npm test -- module999");
    for (let press = 0; press < 60; press++) await view.page.keyboard.press("ArrowUp");
    assert.notEqual(await focused(), "", "the keyboard stays in the log");
  });
});
