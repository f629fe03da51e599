import assert from "node:assert/strict";
import { Story, session } from "./fixtures.ts";
import { scenes } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const onServer = { wall: "Server · agents.example.com", server: "agents.example.com", workingDir: "/srv/project" };
const gone = "The server agents.example.com cannot be reached (the connection was lost).";

describe("webview: a conversation on a server", function () {
  this.timeout(10_000);

  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const composer = (): Promise<string | null> => view.page.getByLabel("Message to the agent").getAttribute("placeholder");
  const text = (): Promise<string> => view.page.locator("#root").innerText();

  it("says where the agent works before it begins, and promises no files that it cannot find", async () => {
    await view.send(session({ ...onServer, conversationId: null }));
    assert.match(await text(), /The agent works on agents\.example\.com, in \/srv\/project, and shows every step\./);
    assert.equal(await composer(), "Ask for a change");
    await view.send(session({ conversationId: null }));
    assert.equal(await composer(), "Ask for a change, @ for context");
  });

  it("leads to a model, where the demo is chosen, which plays on this machine only", async () => {
    await view.send(session({ ...onServer, conversationId: null, isDemo: true, modelLabel: "Demo" }));
    await view.page.getByRole("heading", { name: "The demo plays on this machine only" }).waitFor();
    await view.requests();
    await view.page.locator(".welcome").getByRole("button", { name: "Select Model" }).click();
    assert.deepEqual(await view.requests(), [{ type: "door", command: "selectModel" }]);
  });

  it("is no new one when its server is away from the beginning", async () => {
    await view.send(session(onServer), new Story().readOnly("server-gone", gone).take());
    assert.equal(await view.page.getByRole("heading", { level: 1 }).innerText(), "Conversation");
    assert.doesNotMatch(await text(), /What should change/);
    assert.equal(await composer(), "The server cannot be reached");
    await view.requests();
    await view.page.getByRole("button", { name: "Reconnect" }).click();
    assert.deepEqual(await view.requests(), [{ type: "door", command: "reconnectServer" }]);
  });

  it("tells what was known last while its server is away: nothing runs on, and nothing is asked that cannot be answered", async () => {
    const status = (): Promise<string> => view.page.locator('[data-part="status"]').innerText();
    for (const [scene, words] of [
      ["finished", "Last known: finished"],
      ["running", "Last known: running"],
      ["approval", "Last known: waiting for you"],
    ] as const) {
      await view.send(session(onServer), ...(scenes[scene]?.() ?? []).slice(1), new Story().readOnly("server-gone", gone).take());
      assert.equal((await status()).trim(), words);
      assert.equal(await view.page.getByRole("alertdialog").count(), 0);
      assert.equal(await view.page.locator(".progress").count(), 0);
      await view.send(session({ conversationId: null }));
    }
  });
});
