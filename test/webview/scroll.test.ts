import assert from "node:assert/strict";
import type { Story } from "./fixtures.ts";
import { session } from "./fixtures.ts";
import { asked } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: a long conversation", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const log = () => view.page.getByRole("log");
  const toEndPixels = (): Promise<number> => log().evaluate((frame) => frame.scrollHeight - frame.clientHeight - frame.scrollTop);
  const scrollTo = async (top: number): Promise<void> => {
    await log().evaluate(async (frame, to) => {
      frame.scrollTop = to;
      for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
    }, top);
  };
  const long = (): Story => {
    const story = asked();
    for (let turn = 0; turn < 20; turn++) story.agent(`Paragraph ${turn}. ${"Words ".repeat(60)}`);
    return story;
  };

  it("follows the end while the end is in view", async () => {
    const story = long();
    await view.send(session(), story.take());
    assert.ok((await toEndPixels()) < 2);
    await view.send(story.agent("Words ".repeat(200)).take(), story.delta("Growing ".repeat(100)).take());
    assert.ok((await toEndPixels()) < 2);
  });

  it("moves nothing that is being read, and offers the way to the end", async () => {
    const story = long();
    await view.send(session(), story.take());
    await scrollTo(200);
    const topOf = (): Promise<number> => log().evaluate((frame) => frame.scrollTop);
    const before = await topOf();
    assert.equal(await view.page.getByRole("button", { name: "New activity" }).count(), 0);
    await view.send(story.agent("Something new.").take());
    assert.equal(await topOf(), before);
    await view.page.getByRole("button", { name: "New activity" }).click();
    await view.page.waitForFunction(() => document.querySelector(".news") === null);
    assert.ok((await toEndPixels()) < 2);
  });

  it("comes back to what was being read when the view is killed", async () => {
    const update = long().take();
    await view.send(session(), update);
    await scrollTo(300);
    const topRow = (): Promise<string | undefined> =>
      log().evaluate((frame) => {
        const { left, top } = frame.getBoundingClientRect();
        return document.elementFromPoint(left + 40, top + 30)?.closest<HTMLElement>("[data-event]")?.dataset["event"];
      });
    const before = await topRow();
    await view.reload();
    await view.send(session(), update);
    assert.equal(await topRow(), before);
  });

  it("moves nothing under reduced motion", async () => {
    await view.page.emulateMedia({ reducedMotion: "reduce" });
    await view.send(session(), asked().take());
    const animation = await view.page.locator(".status .progress").evaluate((line) => getComputedStyle(line, "::after").animationName);
    assert.equal(animation, "none");
  });

  it("stays at the end while the view is made smaller step by step, as when a view beside it opens", async () => {
    await view.send(session(), long().take());
    const fromEnd = await view.page.evaluate(async () => {
      const root = document.querySelector<HTMLElement>("#root");
      const log = document.querySelector(".log");
      if (root === null || log === null) return undefined;
      // Between two frames, as VS Code does it.
      for (let height = 600; height > 300; height -= 10) {
        root.style.height = `${height}px`;
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
      for (let frames = 0; frames < 4; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
      return log.scrollHeight - log.clientHeight - log.scrollTop;
    });
    assert.ok(fromEnd !== undefined && fromEnd < 2, `${fromEnd} px from the end`);
  });
});
