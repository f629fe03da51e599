import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { startVscodeServer, type VscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";

const task = "The test in test/date.test.js fails. Find out why and fix it.";
const story = [
  `You: ${task}`,
  "Agent: I'll run the tests first, to see what fails.",
  "Ran npm test, exit code 1",
  "Agent: The year 2000 should be a leap year and is not. I'll read the code and its test.",
  "Agent: `isLeapYear` leaves out the last part of the rule: a century that divides by 400 is a leap year. The test is right, so I'll mend the code.",
  "Edited src/date.js, +1 −1",
  "Agent: Now the tests again.",
  "Ran npm test",
];

describe("the demo in VS Code", () => {
  let server: VscodeServer;
  before(async () => {
    server = await startVscodeServer({ settings: { "openhands.model": "demo" } });
  });
  after(() => server[Symbol.asyncDispose]());

  it("fixes the failing test, started from the palette", async () => {
    await using workspace = await demoWorkspace();
    await using window = await openWindow({ server, folder: workspace.folder, extensionPath: root, size: { width: 1200, height: 760 } });
    const chat = new ChatDriver(window);
    await window.openFile("date.js");

    await window.command("OpenHands: Start Task");
    await window.quickInput(task);
    await chat.statusIs("Waiting for your answer");
    await chat.allow();
    await chat.statusIs("Waiting for your answer");
    await chat.allow();
    await chat.statusIs("Finished");

    assert.deepEqual((await chat.rows()).slice(0, -1), story);
    assert.match((await chat.rows()).at(-1) ?? "", /^Finished: All four tests pass now\./);
    assert.match(await readFile(path.join(workspace.folder, "src", "date.js"), "utf8"), /year % 400 === 0/);
    assert.match(await window.editorText("date.js"), /year % 400 === 0/);
    await window.terminalShows(/pass 4/);
    assert.deepEqual(window.consoleErrors, []);
    const picture = await window.screenshot("demo-finished");
    // Because README shows a picture of what is true: run this test with UPDATE_SCREENSHOT=1 to make it anew.
    if (process.env["UPDATE_SCREENSHOT"]) await copyFile(picture, path.join(root, "media", "screenshot.png"));
  });

  for (const theme of ["light", "high contrast"] as const) {
    it(`is labelled as a demo and starts by one click (${theme})`, async () => {
      await using workspace = await demoWorkspace();
      await using window = await openWindow({ server, folder: workspace.folder, extensionPath: root, theme });
      const chat = new ChatDriver(window);
      await chat.open();
      await (await chat.frame()).getByText("Demo · recorded replies, real tools").waitFor();
      await window.screenshot(`demo-empty-${theme.replaceAll(" ", "-")}`);
      await chat.press(task);
      await chat.statusIs("Waiting for your answer");
      await window.screenshot(`demo-asks-${theme.replaceAll(" ", "-")}`);
      await chat.press("Stop");
      await chat.statusIs("Stopped");
      assert.deepEqual(window.consoleErrors, []);
    });
  }
});
