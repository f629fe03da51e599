import assert from "node:assert/strict";
import { openChatWindow } from "../support/chatWindow.ts";
import { processRuns } from "../support/processRuns.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { until } from "../support/until.ts";

const finish = (message: string): object => ({ toolCalls: [{ name: "finish", arguments: { message } }] });
const terminal = (command: string): object => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });
const settings = { "openhands.confirm": "never" };

describe("a run that is broken off", () => {
  it("ends within two seconds when the person stops it, with the command it ran, and the next message goes on", async () => {
    await using it = await openChatWindow({ settings, answers: [terminal("sleep 7301"), finish("Going on.")] });
    await it.chat.send("Wait for ever.");
    await it.chat.statusIs("Running sleep 7301");
    await until("the command to run", () => processRuns("sleep 7301"));
    await it.window.screenshot("running");
    const pressed = performance.now();
    await it.chat.press("Stop");
    await it.chat.statusIs("Stopped");
    tookAtMost(2_000, performance.now() - pressed);
    assert.equal(await processRuns("sleep 7301"), false);
    await it.window.screenshot("stopped");

    await it.chat.send("Go on.");
    await it.chat.statusIs("Finished");
    assert.deepEqual((await it.chat.rows()).slice(-2), ["You: Go on.", "Finished: Going on."]);
    assert.match(JSON.stringify(it.llm.requests[1]?.body.messages), /Interrupted by the person/);
  });

  it("is all there after the window was reloaded in mid-run, paused, and can be continued", async () => {
    await using it = await openChatWindow({ settings, answers: [terminal("echo before; sleep 7302"), finish("Continued.")] });
    await it.chat.send("Work on.");
    await it.chat.statusIs("Running");
    await until("the command to run", () => processRuns("sleep 7302"));
    await it.window.reload();
    await it.chat.open();
    await it.chat.statusIs("Paused");
    await it.window.screenshot("reloaded");
    assert.equal((await it.chat.rows())[0], "You: Work on.");
    assert.equal(await processRuns("sleep 7302"), false);
    await it.chat.press("Continue");
    await it.chat.statusIs("Finished");
    assert.equal((await it.chat.rows()).at(-1), "Finished: Continued.");
  });

  it("goes on when only the view is killed, and the new view shows every row once", async () => {
    await using it = await openChatWindow({ settings, answers: [terminal("echo one; sleep 4; echo two"), finish("Both.")] });
    await it.chat.send("Count.");
    await it.chat.statusIs("Running");
    await it.window.command("Developer: Reload Webviews");
    await it.chat.statusIs("Finished");
    const rows = await it.chat.rows();
    assert.deepEqual([rows.length, rows[0], rows.at(-1)], [3, "You: Count.", "Finished: Both."]);
  });
});
