import assert from "node:assert/strict";
import { openChatWindow } from "../support/chatWindow.ts";

describe("Restricted Mode", () => {
  it("starts nothing in a folder that is not trusted and says why, until the person trusts it", async () => {
    await using it = await openChatWindow({ answers: [{ text: "Hello." }], workspaceTrust: "on" });
    await it.window.command("OpenHands: Start Task");
    await (await it.chat.frame()).getByRole("heading", { name: "This folder is not trusted" }).waitFor();
    await it.chat.statusIs("This folder is not trusted");
    await it.window.screenshot("restricted");
    assert.deepEqual([await it.chat.rows(), it.llm.requests.length], [[], 0]);

    await it.chat.press("Manage Workspace Trust");
    await it.window.page.getByRole("button", { name: "Trust", exact: true }).click();
    await (await it.chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await it.chat.send("Say hello.");
    await it.chat.statusIs("Finished");
    assert.deepEqual(await it.chat.rows(), ["You: Say hello.", "Agent: Hello."]);
  });
});
