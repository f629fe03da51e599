import assert from "node:assert/strict";
import { openChatWindow } from "../support/chatWindow.ts";
import { processRuns } from "../support/processRuns.ts";
import { gate } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { editorKept, notificationButton, pagesDrawn, statusBarText, treeRow, treeRows } from "../support/workbench.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("several conversations", () => {
  it("run side by side, are listed, opened in a tab that a reload brings back, renamed, and deleted until Undo", async () => {
    const answers = [terminal("sleep 7303"), finish("Hello.")];
    await using it = await openChatWindow({ answers, settings: { "openhands.confirm": "never" }, isNotified: true });
    const { window, chat } = it;
    await chat.send("Wait for ever.");
    await until("the command to run", () => processRuns("sleep 7303"));
    await window.command("OpenHands: New Conversation");
    await (await chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await chat.send("Say hello.");
    await chat.statusIs("Finished");
    assert.equal(await processRuns("sleep 7303"), true);
    await until("the status bar to say so", async () => /running \d:\d\d/.test(await statusBarText(window)));

    await window.command("OpenHands: Show History");
    await until("both to be listed", async () => (await treeRows(window, "Conversations")).length === 2);
    const rows = await treeRows(window, "Conversations");
    assert.deepEqual(
      rows.map((row) => row.replace(/, (now|\d+ min)$/, "")),
      ["Say hello., Finished", "Wait for ever., Running"],
    );
    await window.screenshot("history");
    await treeRow(window, "Conversations", /^Wait for ever/).click();
    await chat.statusIs("Running sleep 7303");

    await window.command("OpenHands: Open in Editor");
    await window.page.getByRole("tab", { name: "Wait for ever." }).waitFor();
    // Because a page takes the keyboard when it is there.
    await until("the tab to be drawn", async () => (await pagesDrawn(window)) === 2);
    await window.command("View: Show Explorer");
    await chat.statusIs("Running sleep 7303");
    await window.screenshot("chat-tab");
    await window.command("OpenHands: Rename Conversation…");
    await window.quickInput("Waiting");
    await window.page.getByRole("tab", { name: "Waiting" }).waitFor();
    await editorKept(window, "Waiting");
    await window.reload();
    await chat.statusIs("Paused");
    assert.equal((await chat.rows())[0], "You: Wait for ever.");
    assert.equal(await processRuns("sleep 7303"), false);

    await window.command("OpenHands: Delete Conversation");
    await window.page.getByRole("tab", { name: "Waiting" }).waitFor({ state: "detached" });
    await window.notificationShows("Deleted “Waiting”.");
    await window.command("OpenHands: Show History");
    await until("one to be left", async () => (await treeRows(window, "Conversations")).length === 1);
    await notificationButton(window, "Undo").click();
    await until("it to be back", async () => (await treeRows(window, "Conversations")).some((row) => row.startsWith("Waiting, Paused")));
  });

  it("ask for the person while nobody looks: a notification, a badge and the status bar, which bring the question", async () => {
    const middle = gate();
    const answers = [{ ...terminal("touch asked.txt"), text: "A moment.", gate: middle, gateAt: "end" as const }, finish("Done.")];
    await using it = await openChatWindow({ answers, isNotified: true });
    const { window, chat } = it;
    await chat.send("Make a file.");
    await middle.reached;
    await window.command("View: Show Explorer");
    middle.release();
    await window.notificationShows("“Make a file.” needs your answer.");
    await until("the status bar to say so", async () => (await statusBarText(window)).includes("needs you"));
    await window.page.locator(".activitybar .badge", { hasText: "1" }).first().waitFor();
    await window.screenshot("needs-you");
    await notificationButton(window, "Open").click();
    await chat.statusIs("Waiting for your answer");
    await window.command("OpenHands: Allow");
    await chat.statusIs("Finished");
    await until("the badge to go", async () => (await window.page.locator(".activitybar .badge:visible", { hasText: "1" }).count()) === 0);
    assert.equal((await statusBarText(window)).includes("needs you"), false);
    assert.deepEqual(window.consoleErrors, []);
  });
});
