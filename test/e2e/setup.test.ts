import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { startFakeLlm } from "../support/fakeLlmServer.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";

describe("the first minutes", () => {
  it("lead from no model to an endpoint with its key, which goes to that endpoint and nowhere else", async () => {
    await using workspace = await demoWorkspace();
    await using llm = await startFakeLlm([{ text: "Ready when you are." }], { models: ["large-model", "small-model"] });
    await using server = await startVscodeServer();
    await using window = await openWindow({ server, folder: workspace.folder, extensionPath: root });
    const chat = new ChatDriver(window);
    await chat.open();
    await (await chat.frame()).getByRole("heading", { name: "Choose a model" }).waitFor();
    await window.screenshot("no-model");

    await chat.press("Select Model");
    await window.pick("Add a Model…");
    await window.pick("Other OpenAI-compatible endpoint…");
    await window.page.getByText("Add a Model (2/5)").waitFor();
    await window.quickInput(llm.url);
    await window.pick("small-model");
    await window.page.getByText("Add a Model (4/4)").waitFor();
    await window.screenshot("add-model");
    await window.quickInput("Small");
    await (await chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await window.command("OpenHands: Set API Key…");
    await window.page.getByText("API key for 127.0.0.1").waitFor();
    await window.quickInput("secret-key-1");
    await window.command("OpenHands: Get Started");
    for (const step of ["Open a folder", "Choose a model"]) await window.page.getByLabel(`${step}: Completed`).waitFor();
    await chat.send("Are you there?");
    await chat.statusIs("Finished");

    const [request] = llm.requests;
    assert.deepEqual([request?.body.model, request?.headers["authorization"]], ["small-model", "Bearer secret-key-1"]);
    assert.deepEqual(await chat.rows(), ["You: Are you there?", "Agent: Ready when you are."]);
    assert.equal(JSON.stringify(request?.body).includes("secret-key-1"), false);
  });

  it("work from the packaged extension, with nothing of the checkout", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "openhands-vsix-"));
    try {
      const vsix = path.join(folder, "openhands.vsix");
      await createVSIX({ cwd: root, packagePath: vsix, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
      await using workspace = await demoWorkspace();
      await using server = await startVscodeServer({ vsix, settings: { "openhands.model": "demo", "openhands.confirm": "never" } });
      await using window = await openWindow({ server, folder: workspace.folder });
      const chat = new ChatDriver(window);
      await window.command("OpenHands: Start Task");
      await window.quickInput("Fix it.");
      await chat.statusIs("Finished");
      await window.terminalShows(/pass 4/);
      await window.screenshot("packaged");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
