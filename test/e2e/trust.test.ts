import assert from "node:assert/strict";
import { openChatWindow } from "../support/chatWindow.ts";
import { treeRow } from "../support/workbench.ts";

describe("Restricted Mode", () => {
  it("starts nothing in a folder that is not trusted and says why, until the person trusts it; what was done there can be read when it is not trusted again", async () => {
    await using it = await openChatWindow({ answers: [{ text: "Hello." }], workspaceTrust: "on" });
    await it.window.command("OpenHands: Start Task");
    await (await it.chat.frame()).getByRole("heading", { name: "This folder is not trusted" }).waitFor();
    await it.window.screenshot("restricted");
    assert.deepEqual([await it.chat.rows(), it.llm.requests.length], [[], 0]);

    await it.chat.press("Manage Workspace Trust");
    await it.window.page.getByRole("button", { name: "Trust", exact: true }).click();
    await (await it.chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await it.chat.send("Say hello.");
    await it.chat.statusIs("Finished");
    const rows = ["You: Say hello.", "Agent: Hello."];
    assert.deepEqual(await it.chat.rows(), rows);

    await it.window.command("Workspaces: Manage Workspace Trust");
    // Because the button is drawn only under the pointer.
    await it.window.page.locator(".codicon-workspace-trust-editor-remove-folder").first().dispatchEvent("click");
    await it.window.command("OpenHands: Show History");
    await treeRow(it.window, "Conversations", /^Say hello/).click();
    const page = await it.chat.frame();
    await page.getByText("This folder is not trusted; nothing runs here.").waitFor();
    await it.window.screenshot("restricted-read");
    assert.deepEqual(await it.chat.rows(), rows);
    await it.chat.send("Say it again.");
    await page.getByText("Trust this folder first. Your message is kept.").waitFor();
    assert.equal(await page.getByLabel("Message to the agent").inputValue(), "Say it again.");
    assert.equal(it.llm.requests.length, 1);
  });
});
