import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openChatWindow } from "../support/chatWindow.ts";
import { until } from "../support/until.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("what the agent may do", () => {
  it("is one command for good, asked outside the workspace, and changed by the palette: secrets, mode", async () => {
    const outside = await mkdtemp(path.join(tmpdir(), "openhands-outside-"));
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(() => rm(outside, { recursive: true, force: true }));
    const create = { command: "create", path: path.join(outside, "new.txt"), file_text: "Hello.\n" };
    const answers = [
      terminal("echo one"),
      terminal("echo one"),
      terminal("echo two"),
      { toolCalls: [{ name: "file_editor", arguments: create }] },
      finish("Done."),
      terminal('echo "$GREETING has length ${#GREETING}"'),
      finish("Secret used."),
    ];
    await using it = await openChatWindow({ answers });
    const { window, chat } = it;
    const asks = async (part: string): Promise<unknown> => (await chat.frame()).getByRole("alertdialog").getByText(part).first().waitFor();

    await chat.send("Go.");
    await asks("echo one");
    await chat.press("Allow in This Conversation");
    await asks("echo two");
    assert.deepEqual((await chat.rows()).slice(1, 3), ["Ran echo one", "Ran echo one, allowed earlier"]);
    await chat.allow();
    await asks("outside the workspace");
    await window.screenshot("asks-outside");
    await chat.allow();
    await chat.statusIs("Finished");
    assert.equal(await readFile(create.path, "utf8"), "Hello.\n");

    await window.command("OpenHands: Set Secret…");
    await window.quickInput("GREETING");
    // Because the second box takes the place of the first.
    await window.page.getByText("Set Secret (2/2): GREETING").waitFor();
    await window.quickInput("very-secret-hello");
    // Because Enter is refused while VS Code still asks whether the value is a good one.
    const box = window.page.getByText("Set Secret (2/2): GREETING");
    await until("the value to be taken", async () => {
      if (await box.isVisible()) await window.page.keyboard.press("Enter");
      return !(await box.isVisible());
    });
    await window.command("OpenHands: Select Mode…");
    await window.pick("Never Ask");
    await window.page.getByRole("dialog").getByRole("button", { name: "Never Ask" }).click();
    await (await chat.frame()).locator(".picker:visible", { hasText: "Never asks" }).waitFor();
    await chat.send("Use it.");
    await chat.row("Finished: Secret used.").then((row) => row.waitFor());
    const told = JSON.stringify(it.llm.requests.at(-1)?.body.messages);
    assert.match(told.slice(-120), /length 17/);
    assert.doesNotMatch(told, /very-secret-hello/);
    await window.screenshot("secret-used");
    assert.deepEqual(window.consoleErrors, []);
  });
});
