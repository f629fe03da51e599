import assert from "node:assert/strict";
import { conversationId, Story, session } from "./fixtures.ts";
import { composerOf } from "./interactions.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const perSecond = 1_000;
const seconds = 5;
const typed = "What is typed meanwhile is whole, letter by letter.";

describe("webview: a flood of events", function () {
  this.timeout(120_000);

  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });

  it(`of ${perSecond} a second for ${seconds} s loses none of them, and nothing of what is typed meanwhile`, async () => {
    const story = new Story().user("Go.").status("running");
    await view.send(session(), story.take());
    await composerOf(view).focus();
    const pouring = pour(view, story);
    await view.page.keyboard.type(typed, { delay: (seconds * 1_000) / typed.length });
    const last = await pouring;

    await view.page.getByRole("article", { name: `Agent: ${last}`, exact: true }).waitFor();
    assert.equal(await composerOf(view).inputValue(), typed);
    const asked = (await view.requests()).filter(({ type }) => type === "chat.ready" || type === "events.before");
    assert.deepEqual(asked, [{ type: "chat.ready", conversationId: null, afterSeq: -1 }], "no gap was found in what came");
    await view.page.keyboard.press("Enter");
    assert.deepEqual((await view.requests()).filter(({ type }) => type === "command").at(-1), {
      type: "command",
      command: { type: "message.send", conversationId, text: typed },
    });
    assert.deepEqual(
      await wordsOfAllRows(view, last),
      Array.from({ length: perSecond * seconds }, (_, index) => `Word ${index}.`),
    );
  });
});

/** Posts as many events in each tenth of a second as belong to it, in the page itself; gives the words of the last. */
async function pour(view: View, story: Story): Promise<string> {
  const tenths = Array.from({ length: seconds * 10 }, (_, tenth) => {
    const count = perSecond / 10;
    for (let index = 0; index < count; index++) story.agent(`Word ${tenth * count + index}.`);
    return story.take();
  });
  await view.page.evaluate(
    (updates) =>
      new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const update = updates.shift();
          if (update === undefined) {
            clearInterval(timer);
            resolve();
          } else window.postMessage(update, window.origin);
        }, 100);
      }),
    tenths,
  );
  return `Word ${perSecond * seconds - 1}.`;
}

/** Scrolls through the log from its first row to its last, because only what is near the view is drawn. */
async function wordsOfAllRows(view: View, last: string): Promise<string[]> {
  return view.page.evaluate(async (end) => {
    const log = document.querySelector(".log");
    const found: string[] = [];
    if (log === null) return found;
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    log.scrollTop = 0;
    for (let steps = 0; steps < 20_000 && found.at(-1) !== end; steps++) {
      for (let frames = 0; frames < 2; frames++) await frame();
      const words = [...log.querySelectorAll("article.agent")].map((row) => (row.getAttribute("aria-label") ?? "").slice("Agent: ".length));
      const at = words.lastIndexOf(found.at(-1) ?? "");
      found.push(...words.slice(at + 1));
      log.scrollTop += log.clientHeight;
    }
    return found;
  }, last);
}
