import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type ChatWindow, openChatWindow } from "../support/chatWindow.ts";
import { gate } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { moveView, pagesShowing } from "../support/workbench.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("the chat, moved and killed", () => {
  it("loses nothing: not the reply that streams, the question, the output, the draft with its picture, nor the run", async () => {
    const middle = gate();
    const wait = "echo one; until [ -e go ]; do sleep 0.1; done; echo two";
    const answers = [{ ...terminal(wait), text: "I write this.", gate: middle, gateAt: "end" as const }, finish("Done.")];
    await using it = await openChatWindow({ answers });
    const { window, chat } = it;
    const shown = (selector: string, count: number): Promise<unknown> =>
      until(`${count} pages that show ${selector}`, async () => (await pagesShowing(window, selector)).length === count);

    await chat.send("Go.");
    await middle.reached;
    await (await chat.frame()).getByLabel("Message to the agent").fill("my draft");
    await pastePicture(it);
    await draftIsThere(it);
    for (const place of ["New Secondary Side Bar Entry", "New Panel Entry"]) {
      await moveView(window, "Chat", place);
      await (await chat.frame()).getByText("I write this.").waitFor();
      await draftIsThere(it);
    }
    await window.screenshot("chat-in-panel");
    await window.command("View: Toggle Panel Visibility");
    middle.release();
    await until("the question", async () => (await window.page.locator(".statusbar-item", { hasText: "needs you" }).count()) === 1);
    await window.command("OpenHands: Focus Chat");
    await shown('[role="alertdialog"]', 1);
    await window.command("OpenHands: Open in Editor");
    await shown('[role="alertdialog"]', 2);
    await window.command("Developer: Reload Webviews");
    await shown('[role="alertdialog"]', 2);
    await window.screenshot("asked-twice");
    await chat.allow();
    await shown('[role="alertdialog"]', 0);
    await shown('pre:text-is("one")', 2);
    await window.command("Developer: Reload Webviews");
    await shown('pre:text-is("one")', 2);
    await window.screenshot("runs-twice");
    await writeFile(path.join(it.folder, "go"), "");
    await shown('[data-part="status"]:has-text("Finished")', 2);

    const rows = ["You: Go.", "Agent: I write this.", `Ran ${wait}`, "Finished: Done."];
    assert.deepEqual(await chat.rows(), rows);
    await draftIsThere(it);
    assert.equal(it.llm.requests.length, 2);
    assert.deepEqual(window.consoleErrors, []);
  });
});

async function pastePicture({ chat }: ChatWindow): Promise<void> {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await (await chat.frame()).getByLabel("Message to the agent").evaluate((composer, base64) => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], "pixel.png", { type: "image/png" }));
    composer.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, pixel);
}

async function draftIsThere({ chat }: ChatWindow): Promise<void> {
  const frame = await chat.frame();
  await until("the draft", async () => (await frame.getByLabel("Message to the agent").inputValue()) === "my draft");
  await frame.locator(".composer img").waitFor();
}
