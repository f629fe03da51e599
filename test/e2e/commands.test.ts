import assert from "node:assert/strict";
import { demoWorkspace } from "../support/chatDriver.ts";
import { openChatWindow } from "../support/chatWindow.ts";
import { gate } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { notificationButton, pagesShowing, statusBarText, treeRow, treeRows } from "../support/workbench.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });

describe("the palette", () => {
  it("raises a limit, pauses and continues, forks, quotes a selection, and finds the conversation that asks", async () => {
    const arguments_ = { command: "view", path: "" };
    const look = { toolCalls: [{ name: "file_editor", arguments: arguments_ }] };
    const [middle, last] = [gate(), gate()];
    const answers = [
      ...Array.from({ length: 5 }, () => look),
      { ...look, text: "Once more.", gate: middle, gateAt: "end" as const },
      finish("Looked."),
      { text: "I ask.", toolCalls: [{ name: "terminal", arguments: { command: "echo asked" } }], gate: last, gateAt: "end" as const },
      finish("Answered."),
    ];
    await using it = await openChatWindow({ answers, settings: { "openhands.maxSteps": 2 }, isNotified: true });
    const { window, chat } = it;
    arguments_.path = it.folder;
    const draft = async (): Promise<string> => (await chat.frame()).getByLabel("Message to the agent").inputValue();
    const errorIs = async (words: string): Promise<void> => (await chat.row(`Error: ${words}`)).waitFor();

    await chat.send("Look around.");
    await chat.statusIs("Limit reached");
    await errorIs("The limit of 2 steps is reached.");
    await window.command("OpenHands: Raise Limits…");
    await window.pick("Steps");
    await window.page.getByText("Raise Limits (2/2): Steps").waitFor();
    await window.quickInput("3");
    await (await chat.frame()).getByRole("button", { name: "Raise to 6 steps" }).waitFor();
    await window.command("OpenHands: Continue");
    await errorIs("The limit of 3 steps is reached.");
    await window.screenshot("limit-reached");
    await chat.press("Raise to 6 steps");
    await middle.reached;
    await window.command("OpenHands: Pause");
    middle.release();
    await chat.statusIs("Paused");
    await window.command("OpenHands: Continue");
    await chat.statusIs("Finished");
    assert.equal((await chat.rows()).at(-1), "Finished: Looked.");

    const before = await chat.rows();
    await window.command("OpenHands: Fork Conversation");
    await window.command("OpenHands: Show History");
    await until("two to be listed", async () => (await treeRows(window, "Conversations")).length === 2);
    // Because the list takes the keyboard when its row is there.
    await until("the fork to be selected", async () =>
      /focused/.test((await treeRow(window, "Conversations", /^Look around\. \(fork\)/).getAttribute("class")) ?? ""),
    );
    assert.deepEqual(await chat.rows(), before);
    await window.openFile("date.js");
    await window.page.locator(".monaco-editor.focused").first().waitFor();
    await window.page.keyboard.press("Control+A");
    await window.command("OpenHands: Add Selection to Chat");
    await until("the selection", async () => /^src\/date\.js:1-\d+\n```javascript\n/.test(await draft()));
    await window.screenshot("selection-added");
    await chat.send("Only in the fork.");
    await last.reached;
    await treeRow(window, "Conversations", /^Look around\., Finished/).click();
    await chat.statusIs("Finished");
    last.release();
    await until("the status bar to say so", async () => (await statusBarText(window)).includes("needs you"));
    await window.page.locator(".activitybar .badge", { hasText: "1" }).first().waitFor();
    assert.deepEqual(await chat.rows(), before);
    await window.screenshot("other-asks");
    await window.page.locator(".statusbar-item:visible", { has: window.page.locator(".codicon-hubot") }).click();
    await chat.statusIs("Waiting for your answer");
    await chat.allow();
    await chat.statusIs("Finished");
    assert.deepEqual((await chat.rows()).slice(-4), ["You: Only in the fork.", "Agent: I ask.", "Ran echo asked", "Finished: Answered."]);
    const listed = (await treeRows(window, "Conversations")).map((row) => row.replace(/, (now|\d+ min)$/, ""));
    assert.deepEqual(listed, ["Look around. (fork), Finished", "Look around., Finished"]);
    assert.deepEqual(window.consoleErrors, []);
  });
});

describe("a conversation of another folder", () => {
  it("is listed apart and can be read; a message is refused with the way there and comes back into the composer", async () => {
    await using other = await demoWorkspace();
    const answers = [{ text: "I look.", toolCalls: [{ name: "terminal", arguments: { command: "ls" } }] }];
    const settings = { "openhands.maxSteps": 1, "openhands.confirm": "never" };
    await using it = await openChatWindow({ answers, settings, isNotified: true });
    const { window, chat } = it;
    await chat.send("Work in the first folder.");
    await chat.statusIs("Limit reached");
    const rows = await chat.rows();
    const url = new URL(window.page.url());
    url.searchParams.set("folder", other.folder);
    await window.page.goto(url.href);
    await window.command("OpenHands: Focus Chat");
    // Because VS Code complains about what it left behind when a page is left.
    window.consoleErrors.length = 0;
    await window.command("OpenHands: Show History");
    await treeRow(window, "Conversations", /^Other Folders/).click();
    await treeRow(window, "Conversations", /^Work in the first folder/).click();
    await chat.statusIs("Limit reached");
    assert.deepEqual(await chat.rows(), rows);
    await window.command("OpenHands: Continue");
    await notificationButton(window, "Open Folder").waitFor();
    await window.command("Notifications: Clear All Notifications");
    await chat.send("Go on here.");
    await window.notificationShows("which is not open here. Nothing was sent.");
    const frame = await chat.frame();
    await until("the text to be back", async () => (await frame.getByLabel("Message to the agent").inputValue()) === "Go on here.");
    await window.screenshot("other-folder");
    assert.deepEqual([await chat.rows(), it.llm.requests.length], [rows, 1]);
    assert.equal((await pagesShowing(window, ".note.problem")).length, 1);
    const opened = window.page.context().waitForEvent("page");
    await notificationButton(window, "Open Folder").click();
    assert.equal(new URL((await opened).url()).searchParams.get("folder"), it.folder);
    assert.deepEqual(window.consoleErrors, []);
  });
});
