import assert from "node:assert/strict";
import path from "node:path";
import { openChatWindow } from "../support/chatWindow.ts";
import { until } from "../support/until.ts";
import { pagesShowing, treeRow, treeRows } from "../support/workbench.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("the keyboard alone", () => {
  it("does a whole task, from the editor and back", async () => {
    const edit = { command: "str_replace", path: "", old_str: "January is 1", new_str: "January is 1, December 12" };
    const answers = [
      terminal("echo asked"),
      { text: "Now the edit.", toolCalls: [{ name: "file_editor", arguments: edit }] },
      finish("Done."),
      finish("Hello."),
    ];
    await using it = await openChatWindow({ answers, isNotified: true });
    const { window, chat } = it;
    const { keyboard } = window.page;
    edit.path = path.join(it.folder, "src", "date.js");
    await window.openFile("date.js");
    const { page } = window;
    /** What has the keyboard in the chat, as a screen reader calls it. */
    const inChat = async (): Promise<string> => {
      const [frame] = await pagesShowing(window, "#root");
      return (
        (await frame?.evaluate(() => {
          const { activeElement: active } = document;
          return document.hasFocus() ? (active?.getAttribute("aria-label") ?? active?.textContent ?? "") : "";
        })) ?? ""
      );
    };
    const chatHas = (name: RegExp): Promise<unknown> => until(`${name} to have the keyboard`, async () => name.test(await inChat()));
    const editorHas = (): Promise<void> => page.locator(".monaco-editor.focused").first().waitFor();
    const rowHas = (name: RegExp): Promise<unknown> =>
      until(`the row ${name} to have the keyboard`, () =>
        treeRow(window, "Conversations", name).evaluate(
          (row) => row.classList.contains("focused") && row.closest(".monaco-list") === document.activeElement,
        ),
      );
    const palette = async (title: string): Promise<void> => {
      await until(`"${title}" to be offered`, async () => {
        await keyboard.press("F1");
        await keyboard.type(title);
        const row = page.locator(".quick-input-list .monaco-list-row.focused", { hasText: title });
        // Because an editor that is drawn closes the palette.
        const isOffered = await row.waitFor({ timeout: 1_500 }).then(
          () => true,
          () => false,
        );
        await keyboard.press(isOffered ? "Enter" : "Escape");
        return isOffered;
      });
    };
    const titles = async (): Promise<string> => (await treeRows(window, "Conversations")).map((row) => row.replace(/,.*/, "")).join(" | ");

    await keyboard.press("Control+Alt+H");
    await chatHas(/^Message to the agent/);
    await keyboard.type("Say when the year ends.");
    await keyboard.press("Enter");
    await chat.statusIs("Waiting for your answer");
    await keyboard.press("Control+Enter");
    await chat.statusIs("Finished");
    await keyboard.press("F6");
    await chatHas(/^Conversation/);
    await keyboard.press("Control+ArrowUp");
    await chatHas(/^You: Say when/);
    for (const row of [/^Ran echo asked/, /^Agent: Now/, /^Edited/]) {
      await keyboard.press("ArrowDown");
      await chatHas(row);
    }
    await keyboard.press("ArrowRight");
    await keyboard.press("Tab");
    await chatHas(/^Changed lines/);
    await keyboard.press("Tab");
    await chatHas(/^Open Diff/);
    await window.screenshot("keyboard-open-diff");
    await keyboard.press("Enter");
    await page.getByRole("tab", { name: /^date\.js \(edit\)/ }).waitFor();
    await palette("OpenHands: Review Changes");
    await page.getByRole("tab", { name: /^Changes: Say when/ }).waitFor();
    await page.locator(".modified-in-monaco-diff-editor .view-line", { hasText: "December 12" }).first().waitFor();

    await palette("OpenHands: New Conversation");
    await (await chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await chatHas(/^Message to the agent/);
    await keyboard.type("Say hello.");
    await keyboard.press("Enter");
    await chat.statusIs("Finished");
    await palette("OpenHands: Show History");
    await rowHas(/^Say hello/);
    await keyboard.press("ArrowDown");
    await rowHas(/^Say when/);
    await keyboard.press("F2");
    const name = page.locator(".quick-input-widget:visible input");
    await until("its name", async () => (await name.inputValue({ timeout: 500 }).catch(() => "")) === "Say when the year ends.");
    await keyboard.type("Year");
    await keyboard.press("Enter");
    await until("the new name", async () => (await titles()) === "Year | Say hello.");
    assert.equal((await chat.rows())[0], "You: Say hello.");
    await rowHas(/^Year/);
    await keyboard.press("ArrowDown");
    await rowHas(/^Say hello/);
    await keyboard.press("Delete");
    await window.notificationShows("Deleted “Say hello.”.");
    await until("it to be gone", async () => (await titles()) === "Year");
    await window.screenshot("keyboard-deleted");
    await palette("Notifications: Accept Notification Primary Action");
    await until("it to be back", async () => (await titles()).includes("Say hello."));
    await keyboard.press("Control+1");
    await editorHas();
    assert.deepEqual(window.consoleErrors, []);
  });
});
