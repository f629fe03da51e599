import assert from "node:assert/strict";
import { RemoteHost } from "../../src/host/remote/remoteHost.ts";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { startFakeLlm } from "../support/fakeLlmServer.ts";
import { Door } from "../support/remoteWorld.ts";
import { until } from "../support/until.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";
import { quietLog } from "../support/workspaces.ts";

describe("a window that is shared", () => {
  it("is followed from outside, takes a message from there, and is left with one click", async () => {
    await using workspace = await demoWorkspace();
    await using llm = await startFakeLlm([{ text: "First answer." }, { text: "Answer for the client." }]);
    await using server = await startVscodeServer({
      unpackedExtension: root,
      env: { LLM_MODEL: "fake", LLM_BASE_URL: llm.url, LLM_API_KEY: "sk-test" },
    });
    await using window = await openWindow({ server, folder: workspace.folder, theme: "light" });
    const chat = new ChatDriver(window);
    await chat.open();
    await chat.send("Begin");
    await chat.statusIs("Finished");
    await window.command("OpenHands: Share This Host…");
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.getByText("Share this host?").waitFor();
    await window.screenshot("sharing-asks");
    await dialog.getByRole("button", { name: "Share" }).click();
    await dialog.getByText("Shared at").waitFor();
    const shown = await dialog.innerText();
    const [, url = ""] = /Shared at (http:\/\/127\.0\.0\.1:\d+)/.exec(shown) ?? [];
    const [, key = ""] = /Key: (\S+)/.exec(shown) ?? [];
    assert.equal(key.length, 43);
    await dialog.getByRole("button", { name: "Done" }).click();

    await using client = new RemoteHost({ server: { url, key: async () => key }, apiKeyOf: async () => undefined, log: quietLog });
    const [listed] = await client.list();
    assert.ok(listed);
    const door = new Door();
    using _ = await client.subscribe(listed.id, -1, door.hear);
    await window.page.getByText("Shared · 1 client").waitFor();
    await client.handle({ type: "message.send", conversationId: listed.id, text: "From outside" });
    await client.settled(listed.id);
    assert.deepEqual(door.texts, ["Begin", "First answer.", "From outside", "Answer for the client."]);
    await (await chat.frame()).getByText("Answer for the client.").waitFor();
    await window.page.getByText("Shared · 1 client").click();
    await window.page.getByText("Stop Sharing").first().waitFor();
    await window.screenshot("sharing-clients");
    await window.pick("Stop Sharing");
    await until("the client to hear of it", async () => door.view.readOnly?.reason === "server-gone");
    await window.notificationShows("not shared any more");
  });
});
