import assert from "node:assert/strict";
import { session } from "./fixtures.ts";
import { interactions } from "./interactions.ts";
import { asked, drawings } from "./scenes.ts";
import { rowNames, showScene, withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: what a message is made of", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  it("shows the pictures of a message small, and each larger in its place on request", async () => {
    await showScene(view, "pictures-sent");
    const second = view.page.getByRole("button", { name: "Picture 2 of 2" });
    assert.deepEqual(
      await view.page.locator(".row.user img").evaluateAll((all) => all.map((image) => image.getAttribute("src"))),
      drawings,
    );
    const width = async (): Promise<number> => (await second.boundingBox())?.width ?? 0;
    assert.ok((await width()) < 80, "it is a thumbnail");
    await second.click();
    assert.ok((await width()) > 200, "it is as wide as the message");
    assert.equal(await second.getAttribute("aria-expanded"), "true");
    await second.press("Enter");
    assert.ok((await width()) < 80, "it is a thumbnail again");
  });

  it("shows a first message of pictures alone while its conversation begins, and gives them back when it cannot", async () => {
    await interactions["starting-pictures"]?.(view);
    assert.deepEqual(await rowNames(view), ["You: 2 pictures"]);
    assert.equal(await view.page.locator(".row.user img").count(), 2);
    await view.send({ type: "failed", message: "The disk is full.", isUnsent: true });
    assert.equal(await view.page.locator("article.user").count(), 0);
    assert.equal(await view.page.locator(".thumbnail").count(), 2);
  });

  it("calls a conversation without a title by what its first message is made of", async () => {
    await view.send(session(), asked().take());
    assert.match(await view.page.locator(".title").innerText(), /^The test in/);
    await view.fresh();
    await showScene(view, "pictures-sent");
    assert.match(await view.page.locator(".title").innerText(), /^The header should/);
  });

  it("says for how long the agent thought, where that is known, and what it thought on request", async () => {
    await interactions["thought-open"]?.(view);
    await view.page.getByText("It fails since March.").waitFor();
    await view.fresh();
    await view.send(session(), asked().agent("Here.", "At once.", 300).agent("There.", "Nobody knows how long.").take());
    assert.equal(await view.page.getByRole("button", { name: "Thought", exact: true }).count(), 2);
  });
});
