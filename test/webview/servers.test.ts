import assert from "node:assert/strict";
import { Story, session } from "./fixtures.ts";
import { scenes } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const onServer = { wall: "Server · agents.example.com", server: "agents.example.com", workingDir: "/srv/project" };
const gone = "The server agents.example.com cannot be reached (the connection was lost).";

describe("webview: a conversation on a server", () => {
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

  it("lists no files behind an @, says so, and lets Enter send", async () => {
    await view.send(session({ ...onServer, conversationId: null }));
    await view.requests();
    const field = view.page.getByLabel("Message to the agent");
    await field.pressSequentially("Look at @da");
    await view.page.getByText("The files of agents.example.com cannot be listed from here. Write the path: the agent finds it.").waitFor();
    assert.deepEqual(
      (await view.requests()).filter(({ type }) => type === "files.find"),
      [],
    );
    await field.press("ArrowDown");
    await field.press("Escape");
    assert.equal(await view.page.getByText("cannot be listed from here").count(), 0);
    assert.equal(await field.inputValue(), "Look at @da");
    await field.pressSequentially("t");
    await view.page.getByText("cannot be listed from here").waitFor();
    await field.press("Enter");
    assert.deepEqual(
      (await view.requests()).filter(({ type }) => type === "task.start"),
      [{ type: "task.start", text: "Look at @dat" }],
    );
  });

  it("offers to go on at a limit, which was fixed when it began", async () => {
    await view.send(session(onServer), ...(scenes["limit"]?.() ?? []).slice(1));
    const buttons = view.page.locator(".limit-card").getByRole("button");
    assert.deepEqual(await buttons.allInnerTexts(), ["Continue"]);
    await view.requests();
    await buttons.click();
    const commands = (await view.requests()).flatMap((request) => (request.type === "command" ? [request.command.type] : []));
    assert.deepEqual(commands, ["run.start"]);
  });

  it("leads to a model that the server can use, where none of those is chosen", async () => {
    await view.send(session({ ...onServer, conversationId: null, readiness: "no-model", isDemo: true, modelLabel: "Demo" }));
    await view.page.getByRole("heading", { name: "Choose a model for the server" }).waitFor();
    assert.equal(await view.page.getByRole("button", { name: "Use the Demo Model" }).count(), 0);
    assert.doesNotMatch(await text(), /recorded replies/);
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
