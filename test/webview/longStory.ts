import { Story } from "./fixtures.ts";
import type { View } from "./view.ts";

/** As many events as the extension gives at once. */
export const pageEvents = 200;

/** A conversation of `turns` times ten events: question, answer, reads, a search, an edit, a command. */
export function longStory(turns: number): Story {
  const story = new Story(86_400_000);
  for (let turn = 0; turn < turns; turn++) {
    story.user(`Task ${turn}: make the test of module ${turn} pass.`);
    story.agent(`I look at **module ${turn}** first.\n\n- It is in \`src/module${turn}.ts\`.\n- Its test is beside it.`);
    story.edited(`src/module${turn}.ts`, "a\nb\nc", "a\nB\nc").read(`src/module${turn}.ts`).read("package.json");
    const test = story.terminal(`npm test -- module${turn}`);
    story.terminalDone(test, "one\ntwo\nthree", turn % 10 === 0 ? 1 : 0);
  }
  return story.status("finished");
}

/** Gives the view the older events it asks for, as the extension does, until it asks for no more. Gives how many pages that were. */
export async function giveEarlier(view: View, story: Story): Promise<number> {
  for (let pages = 0; ; pages++) {
    const asked = (await view.requests()).find((request) => request.type === "events.before");
    if (asked?.type !== "events.before") return pages;
    await view.send(story.page(Math.max(0, asked.beforeSeq - pageEvents), asked.beforeSeq));
  }
}

/** How many nodes the page has, texts among them. */
export function countNodes(view: View): Promise<number> {
  return view.page.evaluate(() => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
    let count = 0;
    while (walker.nextNode() !== null) count++;
    return count;
  });
}
