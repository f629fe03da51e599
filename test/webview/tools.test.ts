import assert from "node:assert/strict";
import { Story, session, workingDir } from "./fixtures.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const told = (text: string) => ({ content: [{ type: "text", text }], is_error: false });

describe("webview: search and tasks", () => {
  let view: View;
  withView(
    (_stage, opened) => {
      view = opened;
    },
    { width: 500 },
  );

  it("folds searches with what was read, and shows what they found", async () => {
    const story = new Story().user("Go").status("running");
    const grep = story.action("grep", { kind: "GrepAction", pattern: "add\\(" });
    const found = { search_path: workingDir, truncated: false };
    story.observed(grep, {
      kind: "GrepObservation",
      ...found,
      pattern: "add\\(",
      matches: ["/a", "/b"],
      ...told("/a\n     1\tadd(1)\n/b"),
    });
    story.read("a.ts");
    const glob = story.action("glob", { kind: "GlobAction", pattern: "*.ts" });
    story.observed(glob, { kind: "GlobObservation", ...found, pattern: "*.ts", files: ["/a"], ...told("/a") }).status("finished");
    await view.send(session(), story.take());
    await view.page.getByRole("button", { name: "Read 1 file, searched 2 times" }).click();
    const names = view.page.locator("article.action");
    assert.deepEqual(await names.evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label"))), [
      "Searched for add\\(, 2 files",
      "Read a.ts",
      "Found files *.ts, 1 file",
    ]);
    await names.first().getByRole("button").first().click();
    assert.match((await names.first().locator("pre").textContent()) ?? "", /1\tadd\(1\)/);
  });

  it("shows the task list as a list, with each task's status in words", async () => {
    const story = new Story().user("Go").status("running");
    const plan = story.action("task_tracker", { kind: "TaskTrackerAction", command: "plan" });
    const task_list = [
      { title: "Look", status: "done" },
      { title: "Mend <b>it</b>", notes: "in add()", status: "in_progress" },
      { title: "Test" },
    ];
    story.observed(plan, { kind: "TaskTrackerObservation", command: "plan", task_list, ...told("…") }).status("finished");
    await view.send(session(), story.take());
    const row = view.page.locator("article.action");
    assert.equal(await row.getAttribute("aria-label"), "Updated the task list, 1 of 3 done");
    await row.getByRole("button").first().click();
    assert.deepEqual(await row.locator("li").evaluateAll((items) => items.map((item) => item.getAttribute("aria-label"))), [
      "Look, done",
      "Mend <b>it</b>, in progress",
      "Test, to do",
    ]);
    assert.deepEqual(await view.violations(), []);
  });
});
