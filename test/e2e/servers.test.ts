import assert from "node:assert/strict";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { newCall } from "../support/events.ts";
import { OfficialServer } from "../support/officialServer.ts";
import { until } from "../support/until.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";
import { treeRows } from "../support/workbench.ts";

const key = "server-key-of-the-test";

describe("a server in VS Code", () => {
  it("has the conversations while the window is connected, says when it is gone, and is left again", async () => {
    await using workspace = await demoWorkspace();
    const agents = await OfficialServer.open({ key });
    const { port } = agents;
    let isAsked = false;
    agents.onRun = (_, id) => {
      if (isAsked) {
        agents.say(id, "The tests pass.");
        return agents.status(id, "finished");
      }
      isAsked = true;
      agents.append(id, newCall("make test"));
      agents.status(id, "waiting_for_confirmation");
    };
    await using server = await startVscodeServer({ unpackedExtension: root, env: { LLM_MODEL: "their-model", LLM_API_KEY: "sk-test" } });
    await using window = await openWindow({ server, folder: workspace.folder, keepsSecrets: true });
    const chat = new ChatDriver(window);
    await chat.open();
    await window.command("OpenHands: Connect to Server…");
    await window.quickInput(`127.0.0.1:${port}`);
    await window.page.getByText("kept in VS Code's secret storage").waitFor();
    await window.quickInput(key);
    await window.pick("Home");
    await window.pick("project");
    await window.page.getByText("/home/dev/project").first().waitFor();
    await window.screenshot("server-folder");
    await window.pick("Use This Folder");
    await window.notificationShows("Connected to 127.0.0.1");
    await (await chat.frame()).getByText(`Server · 127.0.0.1:${port}`).waitFor();
    await window.command("OpenHands: Select Model…");
    await window.page
      .getByPlaceholder(/The model that 127\.0\.0\.1:\d+ is told\. The demo and the models of VS Code work on this/)
      .waitFor();
    const offered = await window.page.locator(".quick-input-list .monaco-list-row").allInnerTexts();
    assert.deepEqual([offered.length, /their-model/.test(offered[0] ?? ""), /Add a Model/.test(offered[1] ?? "")], [2, true, true]);
    await window.page.keyboard.press("Escape");
    await chat.send("Run the tests");
    await (await chat.frame()).getByRole("alertdialog").waitFor();
    await window.command("OpenHands: Raise Limits…");
    await window.notificationShows("were fixed when it began, and hold for each of its runs");
    await window.command("Notifications: Clear All Notifications");
    await window.screenshot("server-asks");
    await chat.allow();
    await chat.statusIs("Finished");
    assert.ok((await chat.rows()).includes("Agent: The tests pass."));
    const begun = agents.askedFor("POST", "/conversations")[0]?.body;
    assert.deepEqual(begun?.["workspace"], { kind: "LocalWorkspace", working_dir: "/home/dev/project" });
    await window.command("OpenHands: Show History");
    await until("the conversation in the list", async () => (await treeRows(window, "Conversations")).length === 1);

    await agents[Symbol.asyncDispose]();
    await (await chat.frame()).getByText(/cannot be reached/).waitFor();
    await chat.statusIs("Last known: finished");
    await window.screenshot("server-gone");
    await using back = await OfficialServer.open({ key: "another-key", port });
    for (const [id, kept] of agents.conversations) back.conversations.set(id, kept);
    await (await chat.frame()).getByText(/it wants another key/).waitFor();
    await chat.press("Reconnect");
    await window.page.getByText("kept in VS Code's secret storage").waitFor();
    await window.quickInput("another-key");
    await (await chat.frame()).getByText(/cannot be reached/).waitFor({ state: "detached" });

    await window.reload();
    await chat.open();
    // The connection is the window's, and there again with its key.
    await (await chat.frame()).getByText(`Server · 127.0.0.1:${port}`).waitFor();
    await chat.statusIs("Finished");
    await window.command("OpenHands: Disconnect from Server");
    await (await chat.frame()).getByText("Local · no sandbox").waitFor();
  });
});
