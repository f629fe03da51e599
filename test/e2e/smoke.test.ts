import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "../support/checkout.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";

describe("a window of VS Code with the extension", () => {
  let folder = "";

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-smoke-"));
    await writeFile(path.join(folder, "hello.txt"), "Hello\n  world\n");
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it("opens a folder, an editor and a terminal, without an error in the page", async () => {
    await using server = await startVscodeServer({ unpackedExtension: root });
    await using window = await openWindow({ server, folder });

    await window.openFile("hello.txt");
    await window.command("Terminal: Create New Terminal");
    await window.terminalShows(path.basename(folder));
    await window.type("echo $((6 * 7))\n");
    await window.terminalShows(/^42$/m);
    await window.screenshot("smoke");

    assert.equal(await window.editorText("hello.txt"), "Hello\n  world\n");
    // The oldest VS Code explains the keys of its terminal when one is first typed into.
    const told = (await window.notificationTexts()).filter((text) => !text.startsWith("Some keybindings don't go to the terminal"));
    assert.deepEqual(told, []);
    assert.deepEqual(window.consoleErrors, []);
  });
});
