import assert from "node:assert/strict";
import { session } from "./fixtures.ts";
import { asked } from "./scenes.ts";
import { rowNames, showScene, statusOf, withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: what is said is true", () => {
  let view: View;
  withView(
    (_stage, opened) => {
      view = opened;
    },
    { width: 500 },
  );

  it("says that a message is queued which comes while the model answers, until the model is asked again", async () => {
    const queued = (): Promise<number> => view.page.getByText("Queued. The agent reads it").count();
    const story = asked().delta("I'll run").user("And the changelog.");
    await view.send(session(), story.take());
    assert.equal(await queued(), 1);
    const test = story.terminal("npm test");
    await view.send(story.take());
    assert.equal(await queued(), 1);
    await view.send(story.terminalDone(test, "12 passing").take());
    assert.equal(await queued(), 0);
  });

  it("shows that one of two actions runs, and gives the other its own time", async () => {
    const story = asked();
    const test = story.terminal("npm test");
    const lint = story.terminal("npm run lint");
    await view.send(session(), story.take());
    assert.deepEqual((await rowNames(view)).slice(1), ["Running npm test", "Run npm run lint, next"]);
    await view.send(story.wait(5_000).terminalDone(test, "ok").wait(2_000).terminalDone(lint, "ok").take());
    assert.deepEqual((await rowNames(view)).slice(1), ["Ran npm test, 5.0 s", "Ran npm run lint, 2.0 s"]);
  });

  it("says that it pauses, until it has", async () => {
    await showScene(view, "running");
    await view.page.getByRole("button", { name: "Pause" }).click();
    assert.match(await statusOf(view), /^Pausing after this step · /);
    assert.equal(await view.page.getByRole("button", { name: "Pause" }).count(), 0);
    await view.reload();
    await showScene(view, "paused");
    assert.equal(await statusOf(view), "Paused");
  });

  it("says what to do after an action was rejected without a reason", async () => {
    const story = asked();
    const push = story.terminal("git push");
    await view.send(session(), story.status("waiting_for_confirmation").rejected(push, "No.").status("idle").take());
    assert.equal(await statusOf(view), "Rejected. Say what to do instead.");
  });

  it("does not claim an edit that was not made, nor offer a file that is not there", async () => {
    const story = asked();
    const edit = story.file("str_replace", "src/gone.ts", { old_str: "a", new_str: "b" });
    const text = [{ type: "text", text: "There is nothing at src/gone.ts." }];
    story.fileDone(edit, "str_replace", "src/gone.ts", { content: text, is_error: true });
    await view.send(session(), story.take());
    assert.deepEqual((await rowNames(view)).slice(1), ["Edit src/gone.ts, failed"]);
    assert.equal(await view.page.getByRole("button", { name: "Open File" }).count(), 0);
  });

  it("counts a file that was read in parts once, and shows a file from its start", async () => {
    const text = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join("\n");
    await view.send(session(), asked().read("src/a.ts", text).read("src/a.ts", text).read("src/b.ts", text).agent("Read.").take());
    await view.page.getByRole("button", { name: "Read 2 files" }).click();
    await view.page.getByRole("button", { name: "Read src/b.ts" }).click();
    assert.match(await view.page.getByLabel("Result").innerText(), /^line 1\n.*line 12$/s);
  });
});
