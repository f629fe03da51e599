import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ChatDriver } from "../support/chatDriver.ts";
import { openChatWindow } from "../support/chatWindow.ts";
import { processRuns } from "../support/processRuns.ts";
import { until } from "../support/until.ts";
import { openWindow } from "../support/vscodeWindow.ts";
import { notificationButton, treeRow } from "../support/workbench.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("a second window", () => {
  it("reads along while the first runs a conversation, takes it over and goes on, and can restore what the first deletes", async () => {
    const wait = "until [ -e go ]; do sleep 0.1; done";
    const answers = [{ ...terminal(wait), text: "I wait." }, terminal("sleep 7311"), finish("Went on.")];
    await using it = await openChatWindow({ settings: { "openhands.confirm": "never" }, answers, isNotified: true });
    const { window: first, chat, server, folder } = it;
    await chat.send("Wait for ever.");
    await chat.statusIs("Running");

    await using second = await openWindow({ server, folder });
    const other = new ChatDriver(second);
    await second.command("OpenHands: Show History");
    await treeRow(second, "Conversations", /^Wait for ever\., Another window works on it/).click();
    await other.statusIs("Running until");
    const page = await other.frame();
    await page.getByText("Another window or program runs this conversation.").waitFor();
    assert.deepEqual(await other.rows(), ["You: Wait for ever.", "Agent: I wait.", `Running ${wait}`]);
    await writeFile(path.join(folder, "go"), "");
    await other.statusIs("Running sleep 7311");
    await second.screenshot("second-window-reads");
    await until("the command to run", () => processRuns("sleep 7311"));

    await other.press("Take Over");
    await other.statusIs("Paused");
    await chat.statusIs("Paused");
    await (await chat.frame()).getByText("Another window or program has taken this conversation over.").waitFor();
    assert.deepEqual(await chat.rows(), await other.rows());
    await until("the command to end", async () => !(await processRuns("sleep 7311")));
    await first.screenshot("taken-over");
    await other.press("Continue");
    await chat.statusIs("Finished");
    assert.equal((await chat.rows()).at(-1), "Finished: Went on.");

    await first.command("OpenHands: Delete Conversation");
    await page.getByText("This conversation was deleted.").waitFor();
    await until("the first to show nothing of it", async () => (await chat.rows()).length === 0);
    await notificationButton(first, "Undo").click();
    await chat.statusIs("Finished");
    await other.press("Restore");
    await other.statusIs("Finished");
    assert.equal((await other.rows()).at(-1), "Finished: Went on.");
    await second.screenshot("second-window-restored");
    assert.deepEqual([first.consoleErrors, second.consoleErrors], [[], []]);
  });
});
