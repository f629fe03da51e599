import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { openChatWindow } from "../support/chatWindow.ts";
import { gate } from "../support/scripts.ts";

const usage = { prompt_tokens: 1200, completion_tokens: 34 };
const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

describe("the chat view", () => {
  it("streams what the model says, shows the edit in the open editor, and the answer", async () => {
    const middle = gate();
    const edit = { command: "str_replace", path: "", old_str: "January is 1", new_str: "January is 1, December 12" };
    const answers = [
      {
        text: "First I look at the **file**.",
        gate: middle,
        gateAt: "end" as const,
        toolCalls: [{ name: "file_editor", arguments: edit }],
      },
      { ...finish("Done."), usage },
    ];
    await using it = await openChatWindow({ answers });
    edit.path = path.join(it.folder, "src", "date.js");
    await it.window.openFile("date.js");

    await it.chat.send("Say when the year ends.");
    await middle.reached;
    await it.chat.statusIs("Writing");
    await (await it.chat.row("The agent is writing")).getByText("file").waitFor();
    middle.release();
    await it.chat.statusIs("Finished");

    assert.deepEqual(await it.chat.rows(), [
      "You: Say when the year ends.",
      "Agent: First I look at the **file**.",
      "Edited src/date.js, +1 −1",
      "Finished: Done.",
    ]);
    assert.match(await it.window.editorText("date.js"), /January is 1, December 12/);
    assert.match(await readFile(edit.path, "utf8"), /January is 1, December 12/);
    await (await it.chat.frame()).getByText("cost unknown").waitFor();
    assert.deepEqual(it.window.consoleErrors, []);
  });

  it("asks before a command: a rejected one does not run and the agent reads why, an allowed one runs", async () => {
    await using it = await openChatWindow({
      answers: [terminal("touch rejected.txt"), terminal("touch allowed.txt && ls"), finish("Made it.")],
    });
    await it.chat.send("Make a file.");
    await it.chat.statusIs("Waiting for your answer");
    await it.window.screenshot("approval");
    await it.chat.press("Reject…");
    const frame = await it.chat.frame();
    await frame.getByLabel("Reason for the agent, optional").fill("Not that name.");
    await frame.getByLabel("Reason for the agent, optional").press("Enter");
    await (await it.chat.row(/allowed\.txt/)).waitFor();
    await it.chat.allow();
    await it.chat.statusIs("Finished");

    await it.window.terminalShows("allowed.txt");
    await assert.rejects(readFile(path.join(it.folder, "rejected.txt")), { code: "ENOENT" });
    assert.equal(await readFile(path.join(it.folder, "allowed.txt"), "utf8"), "");
    const [, second] = it.llm.requests;
    assert.match(JSON.stringify(second?.body.messages.at(-1)), /The person rejected this: Not that name\./);
  });

  it("says in one sentence that the key is refused, and goes on with the same task after Retry", async () => {
    await using it = await openChatWindow({ answers: [{ status: 401, body: { error: { message: "bad key" } } }, finish("Now it works.")] });
    await it.chat.send("Do it.");
    await it.chat.statusIs("Failed");
    await it.window.screenshot("key-refused");
    await (await it.chat.row(/^Error: 127\.0\.0\.1:\d+ refused the API key\. Set another key\./)).waitFor();
    await it.chat.press("Retry");
    await it.chat.statusIs("Finished");
    assert.deepEqual((await it.chat.rows()).at(-1), "Finished: Now it works.");
  });
});
