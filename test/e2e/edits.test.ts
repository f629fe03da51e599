import assert from "node:assert/strict";
import path from "node:path";
import { openChatWindow } from "../support/chatWindow.ts";
import { until } from "../support/until.ts";

describe("what the agent has changed", () => {
  it("is proposed as a diff where the person wants it, reviewed in one editor, and spoken of by a selection in the composer", async () => {
    const edit = { command: "str_replace", path: "", old_str: "January is 1", new_str: "January is 1, December 12" };
    const answers = [
      { toolCalls: [{ name: "file_editor", arguments: edit }] },
      { toolCalls: [{ name: "finish", arguments: { message: "Done." } }] },
    ];
    const settings = { "openhands.confirm": "always", "openhands.showEdits": "diff" };
    await using it = await openChatWindow({ answers, settings });
    const { window, chat } = it;
    edit.path = path.join(it.folder, "src", "date.js");
    const tab = (name: RegExp): ReturnType<typeof window.page.getByRole> => window.page.getByRole("tab", { name });
    const added = window.page.locator(".modified-in-monaco-diff-editor .view-line", { hasText: "December 12" }).first();

    await chat.send("Say when the year ends.");
    await chat.statusIs("Waiting for your answer");
    await tab(/^date\.js \(proposed\)/).waitFor();
    await added.waitFor();
    await window.screenshot("proposed-diff");
    await window.command("OpenHands: Allow");
    await chat.statusIs("Finished");
    await tab(/^date\.js \(proposed\)/).waitFor({ state: "detached" });

    await window.command("OpenHands: Review Changes");
    await tab(/^Changes: Say when the year ends\./).waitFor();
    await added.waitFor();
    await window.screenshot("review");

    await window.openFile("date.js");
    await window.page.keyboard.press("Control+A");
    await window.command("OpenHands: Add Selection to Chat");
    const composer = (await chat.frame()).getByLabel("Message to the agent");
    await until("the selection to be there", async () => (await composer.inputValue()).startsWith("src/date.js:1-"));
    assert.match(await composer.inputValue(), /^src\/date\.js:1-\d+\n```javascript\n[\s\S]*December 12[\s\S]*\n```\n?$/);
  });
});
