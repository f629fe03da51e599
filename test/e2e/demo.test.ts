import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";

describe("the demo in VS Code", () => {
  it("fixes the failing test, started from the palette", async () => {
    await using workspace = await demoWorkspace();
    await using server = await startVscodeServer({ settings: { "openhands.model": "demo" } });
    await using window = await openWindow({ server, folder: workspace.folder, extensionPath: root });
    const chat = new ChatDriver(window);

    await window.command("OpenHands: Start Task");
    await window.quickInput("The test in test/date.test.js fails. Find out why and fix it.");
    await chat.statusIs("Waiting for your answer");
    await window.screenshot("demo-approval");
    await chat.allow();
    await chat.statusIs("Waiting for your answer");
    await window.screenshot("demo-second");
    await chat.allow();
    await chat.statusIs("Finished");
    await window.screenshot("demo-finished");
    console.log(await chat.rows());
    console.log(await window.terminalText());

    assert.match(await readFile(path.join(workspace.folder, "src", "date.js"), "utf8"), /year % 400 === 0/);
    await window.terminalShows(/pass 4/);
    assert.deepEqual(window.consoleErrors, []);
  });
});
