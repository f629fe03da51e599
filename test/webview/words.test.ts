import assert from "node:assert/strict";
import type { ChatRequest } from "../../src/protocol/chat.ts";
import { session } from "./fixtures.ts";
import { asked } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const code = 'Here:\n\n```ts\nconst a = "b";\n```\n\nMore.';

describe("webview: the agent's words", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const highlights = async (): Promise<Extract<ChatRequest, { type: "code.highlight" }>[]> =>
    (await view.requests()).flatMap((request) => (request.type === "code.highlight" ? [request] : []));

  it("asks once for the colours of a block of code, and again when the theme has changed", async () => {
    const story = asked().agent(code).agent(code);
    await view.send(session(), story.take());
    const [asking, ...others] = await highlights();
    assert.ok(asking !== undefined && others.length === 0, "the same block is asked for once");
    assert.deepEqual([asking.language, asking.text], ["ts", 'const a = "b";\n']);
    const lines = [[["const", "#ff0000", 1] as const, [' a = "b";', "", 0] as const].map((token) => [...token])];
    const answer = { type: "code.highlighted", requestId: asking.requestId, lines } as never;
    await view.send(answer);
    const word = view.page.locator(".code-block span", { hasText: "const" });
    assert.equal(await word.count(), 2);
    assert.deepEqual(await word.first().evaluate((span) => [getComputedStyle(span).color, getComputedStyle(span).fontWeight]), [
      "rgb(255, 0, 0)",
      "700",
    ]);
    assert.equal(await view.page.locator("pre code").first().textContent(), 'const a = "b";\n');
    await view.send({ type: "theme.changed" });
    assert.equal((await highlights()).length, 1);
  });

  it("asks for no colours before a block is whole, and draws what is settled once", async () => {
    const story = asked();
    await view.send(session(), story.delta(code.slice(0, 25)).take());
    assert.deepEqual(await highlights(), []);
    await view.page.evaluate(() => Object.assign(globalThis, { first: document.querySelector(".streaming .markdown p") }));
    await view.send(story.delta(`${code.slice(25)}\n\nAnd **more`).take(), story.delta("**.\n\n1. one\n\n2. two").take());
    assert.equal((await highlights()).length, 1);
    assert.equal(
      await view.page.evaluate(() => Reflect.get(globalThis, "first") === document.querySelector(".streaming .markdown p")),
      true,
    );
    assert.equal(await view.page.locator(".streaming strong").innerText(), "more");
    assert.equal(await view.page.locator(".streaming ol").count(), 1, "a list with empty lines is one list");
  });

  it("makes links of the names of files that were read or changed, and of no others", async () => {
    const story = asked().read("src/date.ts").edited("src/month.ts", "a", "b");
    story.agent("See `src/date.ts:12`, `month.ts` and `other.ts`.");
    await view.send(session(), story.take());
    const links = view.page.locator(".markdown code.link");
    assert.deepEqual(await links.allInnerTexts(), ["src/date.ts:12", "month.ts"]);
    await view.requests();
    await links.first().click();
    await links.last().press("Enter");
    assert.deepEqual(await view.requests(), [
      { type: "file.open", path: "/home/me/project/src/date.ts", line: 12 },
      { type: "file.open", path: "/home/me/project/src/month.ts" },
    ]);
  });
});
