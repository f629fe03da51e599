import assert from "node:assert/strict";
import path from "node:path";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { startFakeLlm } from "../support/fakeLlmServer.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow, type VscodeWindow } from "../support/vscodeWindow.ts";

const fakeProvider = path.join(root, "test", "support", "fakeProvider");

/** The lines of the open list: label, description and detail of each. */
async function listed(window: VscodeWindow): Promise<string[]> {
  const rows = window.page.locator(".quick-input-list .monaco-list-row");
  return (await rows.allInnerTexts()).map((text) =>
    text
      .split("\n")
      .map((part) => part.trim())
      .filter(Boolean)
      .join(" | "),
  );
}

describe("models in VS Code", () => {
  it("are offered by VS Code: one is chosen, and does a task with tools", async () => {
    await using workspace = await demoWorkspace();
    await using server = await startVscodeServer({
      moreExtensions: [fakeProvider],
      unpackedExtension: root,
      settings: { "openhands.confirm": "never" },
    });
    await using window = await openWindow({ server, folder: workspace.folder, settings: { "chat.disableAIFeatures": false } });
    const chat = new ChatDriver(window);
    await chat.open();
    await window.command("OpenHands: Select Model…");
    await window.page.getByText("Offered by VS Code").waitFor();
    await window.screenshot("models-offered");
    await window.pick("Scripted Model");
    await (await chat.frame()).getByRole("heading", { name: "What should change?" }).waitFor();
    await chat.send("Look around.");
    await chat.statusIs("Finished");
    const rows = await chat.rows();
    assert.ok(rows.includes("Agent: I look first."), rows.join("\n"));
    assert.ok(rows.includes("Agent: Told what to do, and the terminal said seen-by-21."), rows.join("\n"));

    await chat.send("Go over quota now.");
    await chat.statusIs("Failed");
    await (await chat.frame())
      .getByText(/has no credit left.*insufficient_quota/)
      .first()
      .waitFor();

    await window.command("OpenHands: Test This Model");
    await window.page.getByText("It named the colour of a picture.").waitFor();
    await window.screenshot("test-model");
    const results = await listed(window);
    assert.ok(
      results.some((line) => /Tool calls.*right argument/.test(line)),
      results.join("\n"),
    );
    assert.ok(
      results.some((line) => /Context window.*64,000 tokens/.test(line)),
      results.join("\n"),
    );
  });

  it("are found on this machine, kept as profiles, tested, and removed with a way back", async () => {
    await using workspace = await demoWorkspace();
    await using ollama = await startFakeLlm([{ status: 500, body: { error: { message: "model runner has unexpectedly stopped" } } }], {
      port: 11_434,
      models: [{ id: "small-coder", context_length: 32_768 }, "nomic-embed-text"],
      repeatsLast: true,
    });
    await using server = await startVscodeServer({ unpackedExtension: root, env: { LLM_MODEL: "from-outside", LLM_BASE_URL: ollama.url } });
    await using window = await openWindow({ server, folder: workspace.folder });
    const chat = new ChatDriver(window);
    await chat.open();
    await window.command("OpenHands: Select Model…");
    await window.page.getByText("Ollama, found on this machine").waitFor();
    const lines = await listed(window);
    assert.match(lines.join("\n"), /^from-outside.*from the environment.*\nsmall-coder.*Ollama, found.*\nDemo.*\nAdd a Model…/);
    await window.screenshot("models-found");
    await window.pick("small-coder");
    await (await chat.frame()).getByText("small-coder").first().waitFor();

    await window.command("OpenHands: Test This Model");
    await window.page.getByText(/It said: model runner has unexpectedly stopped/).waitFor();
    await window.page.getByText("32,768 tokens.").waitFor();
    await window.screenshot("test-failed");
    await window.page.keyboard.press("Escape");

    await window.command("OpenHands: Select Model…");
    const row = window.page.locator(".quick-input-list .monaco-list-row", { hasText: "small-coder" }).first();
    await row.hover();
    await row.locator('[aria-label="Remove"]').click();
    await window.notificationShows('Removed the model "small-coder".');
    await window.page.getByRole("button", { name: "Undo" }).click();
    await window.page.keyboard.press("Escape");
    await window.command("OpenHands: Select Model…");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "in use · 127.0.0.1:11434" }).waitFor();
  });
});
