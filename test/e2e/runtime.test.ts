import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { openChatWindow } from "../support/chatWindow.ts";
import { until } from "../support/until.ts";

const nowhere = { "openhands.sandbox.dockerHost": "unix:///nowhere/docker.sock" };
const devcontainer = '{ // The image of the team.\n "image": "python:3.12", "runArgs": ["--privileged"] }';

describe("where the agent acts", () => {
  it("is said by the wall and chosen there; without an engine nothing acts on this machine instead", async () => {
    const answers = [{ toolCalls: [{ name: "terminal", arguments: { command: "touch acted" } }] }];
    await using it = await openChatWindow({ answers, settings: nowhere, isNotified: true });
    const { window, chat, folder } = it;
    const wall = async (): Promise<string> => (await chat.frame()).locator("button.wall").first().innerText();
    const wallIs = (words: string): Promise<unknown> => until(`the wall "${words}"`, async () => (await wall()).trim() === words);
    await mkdir(path.join(folder, ".devcontainer"));
    await writeFile(path.join(folder, ".devcontainer", "devcontainer.json"), devcontainer);

    await wallIs("Local · no sandbox");
    await chat.press("Local · no sandbox");
    await window.page.locator(".quick-input-list").getByText("Docker").first().waitFor();
    await window.screenshot("runtime-picker");
    await window.pick("Docker");
    await until("the reason", async () => (await window.notificationTexts()).some((text) => text !== ""));
    await window.screenshot("runtime-no-engine");
    assert.equal((await wall()).trim(), "Local · no sandbox");

    await window.command("OpenHands: Choose Sandbox Image…");
    await window.page.getByText("From .devcontainer/devcontainer.json, and only its image").first().waitFor();
    await window.screenshot("runtime-image");
    await window.pick("python:3.12");
    await until("the wall of new sandboxes to name the image", async () => {
      await chat.press("Local · no sandbox");
      const words = window.page.locator(".quick-input-list").getByText("In a container of its own: Docker · ");
      const said = await words.innerText({ timeout: 1_500 }).catch(() => "");
      await window.page.keyboard.press("Escape");
      return said.includes("Docker · python:3.12 · no network");
    });
  });

  it("is a sandbox or nothing: a task that cannot have one fails, and says what to do", async () => {
    const answers = [{ toolCalls: [{ name: "terminal", arguments: { command: "touch acted" } }] }];
    await using it = await openChatWindow({ answers, settings: { ...nowhere, "openhands.runtime": "docker" } });
    const { window, chat, folder } = it;
    await chat.send("Go.");
    await chat.statusIs("Failed");
    await (await chat.frame()).getByRole("button", { name: "Settings", exact: true }).waitFor();
    assert.equal((await (await chat.frame()).locator("button.wall").innerText()).trim(), "Docker · no network");
    await window.screenshot("runtime-failed");
    assert.equal(existsSync(path.join(folder, "acted")), false);
    await chat.press("Docker · no network");
    await window.page.locator(".quick-input-list").getByText("Open Shell in Sandbox").waitFor();
    await window.screenshot("runtime-sandbox-picker");
    await window.pick("Allow Network");
    await window.page.getByRole("dialog").getByRole("button", { name: "Allow Network" }).click();
    await (await chat.frame()).getByText("Docker · network on").waitFor();
    assert.deepEqual(window.consoleErrors, []);
  });
});
