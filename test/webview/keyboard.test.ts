import assert from "node:assert/strict";
import { conversationId, Story, session } from "./fixtures.ts";
import { changes, newSource, oldSource } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: the keyboard alone", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });

  const press = (key: string): Promise<void> => view.page.keyboard.press(key);
  /** What has the keyboard, as a screen reader calls it. */
  const focused = (): Promise<string> =>
    view.page.evaluate(() => {
      const { activeElement } = document;
      return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent ?? "";
    });
  /** Goes on with Tab until this has the keyboard, which must be seen there. */
  const tabTo = async (name: RegExp, key = "Tab"): Promise<void> => {
    for (let count = 0; count < 60; count++) {
      await press(key);
      if (!name.test(await focused())) continue;
      const outline = await view.page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
        return `${outlineStyle} ${outlineWidth}`;
      });
      assert.match(outline, /solid [12]px/, `${name.source} shows that it has the keyboard`);
      return;
    }
    assert.fail(`Tab never comes to ${name.source}`);
  };

  it("does a whole task: write, send, allow, open a row, jump, rename, review", async () => {
    const done: string[] = [];
    const note = async (): Promise<void> => {
      for (const request of await view.requests()) {
        if (request.type === "command") done.push(request.command.type);
        else if (request.type === "door") done.push(request.command);
        else if (request.type === "task.start") done.push(`${request.type}: ${request.text}`);
        else if (request.type === "file.open") done.push(request.type);
      }
    };

    await view.send(session({ conversationId: null }), { type: "compose", text: "" });
    await view.page.keyboard.type("Fix the date test.");
    await press("Enter");
    await note();

    const story = new Story().user("Fix the date test.").status("running");
    story.state("confirmation_policy", { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true });
    const test = story.terminal("npm test", { security_risk: "HIGH", risk_reason: "command" });
    await view.send(session({ conversationId }), story.status("waiting_for_confirmation").take());
    await press("Control+Enter");
    await note();

    story.status("running").terminalDone(test, "12 passing", 0).edited("src/date.ts", oldSource, newSource);
    await view.send(story.finish("The test passes.").status("finished").take(), changes(1));
    await press("Control+ArrowUp");
    assert.equal(await focused(), "You: Fix the date test.");
    await tabTo(/^Edited/);
    await press("ArrowRight");
    assert.equal(await view.page.locator(".diff").count(), 1);
    await press("ArrowLeft");
    assert.equal(await view.page.locator(".diff").count(), 0);

    await tabTo(/^1 file/);
    await press("Enter");
    await tabTo(/date\.ts/);
    await press("Enter");
    await tabTo(/^Review$/, "Shift+Tab");
    await press("Enter");
    await note();

    await tabTo(/^Fix the date test\.$/, "Shift+Tab");
    await press("F2");
    await view.page.keyboard.type("Date test");
    await press("Enter");
    await note();
    assert.deepEqual(done, ["task.start: Fix the date test.", "confirmation.respond", "file.open", "reviewChanges", "conversation.rename"]);
  });

  it("goes from row to row with Up and Down, also over those that only say something", async () => {
    const story = new Story().user("Fix it.").status("running");
    story.terminalDone(story.terminal("npm test"), "12 passing", 0).agent("Now the edit.").edited("src/date.ts", oldSource, newSource);
    await view.send(session(), story.finish("The test passes.").status("finished").take());
    await press("Control+ArrowUp");
    const seen = [];
    for (let count = 0; count < 4; count++) {
      await press("ArrowDown");
      seen.push((await focused()).slice(0, 8));
    }
    await press("ArrowUp");
    assert.deepEqual([...seen, (await focused()).slice(0, 6)], ["Ran npm ", "Agent: N", "Edited s", "Finished", "Edited"]);
  });

  it("leaves a name that is being edited with Esc, and saves none that is empty", async () => {
    await view.send(session(), new Story().user("Fix it.").take());
    await view.requests();
    const title = view.page.getByRole("button", { name: "Fix it." });
    await title.focus();
    for (const keys of [
      ["Other", "Escape"],
      ["Delete", "Enter"],
    ]) {
      await press("F2");
      const [first = "", last = ""] = keys;
      if (first === "Delete") await press(first);
      else await view.page.keyboard.type(first);
      await press(last);
      await title.waitFor();
    }
    assert.deepEqual(await view.requests(), []);
  });

  it("has no name to edit where the conversation can only be read", async () => {
    await view.send(session(), new Story().user("Fix it.").readOnly("in-use").take());
    assert.equal(await view.page.locator("button.title").count(), 0);
  });
});
