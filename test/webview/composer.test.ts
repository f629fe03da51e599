import assert from "node:assert/strict";
import type { ChatRequest } from "../../src/protocol/chat.ts";
import { conversationId, Story, session } from "./fixtures.ts";
import { asked, scenes } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: the composer and the ways in", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  beforeEach(async () => {
    await view.requests();
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const composer = () => view.page.getByRole("textbox", { name: "Message to the agent" });
  const send = (text: string): ChatRequest => ({ type: "command", command: { type: "message.send", conversationId, text } }) as ChatRequest;
  const press = async (name: string): Promise<ChatRequest[]> => {
    await view.page.getByRole("button", { name, exact: true }).click();
    return view.requests();
  };

  it("says no more what was missing when it is there, and names one task as one", async () => {
    await view.send(session({ conversationId: null, readiness: "no-model" }));
    await composer().fill("Hello");
    await composer().press("Enter");
    await view.page.getByText("Choose a model first. Your message is kept.").waitFor();
    await view.send(session({ conversationId: null, sampleTasks: ["Fix the test."] }));
    await view.page.getByText("shows every step. A task to start with:").waitFor();
    assert.equal(await view.page.getByText("Choose a model first").count(), 0);
    await composer().fill("");
  });

  it("starts a conversation with the first message, and sends the next ones to it", async () => {
    await view.send(session({ conversationId: null }));
    await composer().fill("Fix it.");
    await composer().press("Enter");
    assert.deepEqual(await view.requests(), [{ type: "task.start", text: "Fix it." }]);
    assert.equal(await view.page.locator('[data-part="status"]').textContent(), "Starting…");
    await composer().fill("And test it.");
    await composer().press("Enter");
    assert.deepEqual(await view.requests(), [], "nothing is sent before the conversation is there");
    await view.send(session());
    await composer().press("Enter");
    assert.deepEqual(await view.requests(), [send("And test it.")]);
  });

  it("sends with Enter, writes a line with Shift+Enter, and sends nothing that is empty", async () => {
    await view.send(session());
    await composer().press("Enter");
    await composer().pressSequentially("one");
    await composer().press("Shift+Enter");
    await composer().pressSequentially("two");
    assert.deepEqual(await view.requests(), []);
    await composer().press("Enter");
    assert.deepEqual(await view.requests(), [send("one\ntwo")]);
    assert.equal(await composer().inputValue(), "");
  });

  it("does not send while an input method composes", async () => {
    await view.send(session());
    await composer().fill("にほん");
    await composer().evaluate((field) =>
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true })),
    );
    assert.deepEqual(await view.requests(), []);
  });

  it("grows with the text, to ten lines", async () => {
    await view.send(session());
    const heightOf = async (lines: number): Promise<number> => {
      await composer().fill(Array.from({ length: lines }, () => "x").join("\n"));
      return (await composer().boundingBox())?.height ?? 0;
    };
    assert.deepEqual([await heightOf(1), await heightOf(3), await heightOf(10), await heightOf(40)], [24, 60, 186, 186]);
  });

  it("brings the last message back with Up", async () => {
    await view.send(session(), new Story().user("First.").user("Second.").take());
    await composer().press("ArrowUp");
    assert.equal(await composer().inputValue(), "Second.");
  });

  it("keeps the draft when the view is killed", async () => {
    await view.send(session());
    await composer().fill("half a thought");
    await view.reload();
    assert.deepEqual(await view.requests(), [{ type: "chat.ready", conversationId: null, afterSeq: -1 }]);
    await view.send(session());
    assert.equal(await composer().inputValue(), "half a thought");
  });

  it("gives the text back when it could not be sent, and says why until that is read", async () => {
    await view.send(session());
    await composer().fill("Fix it.");
    await composer().press("Enter");
    await view.send({ type: "failed", message: "The conversation is open in another window.", isUnsent: true });
    assert.equal(await composer().inputValue(), "Fix it.");
    assert.equal(await view.page.getByRole("alert").count(), 1);
    await composer().press("Escape");
    assert.equal(await view.page.getByRole("alert").count(), 0);
  });

  it("gives back no text that has arrived", async () => {
    await view.send(session());
    await composer().fill("Fix it.");
    await composer().press("Enter");
    await view.send(new Story().user("Fix it.").take(), { type: "failed", message: "Could not pause." });
    assert.equal(await composer().inputValue(), "");
  });

  it("takes the keyboard when the extension asks, and keeps what is written", async () => {
    await view.send(session(), { type: "compose", text: "Explain this." });
    assert.equal(await composer().evaluate((field) => field === document.activeElement), true);
    await view.send({ type: "compose", text: "Something else." });
    assert.equal(await composer().inputValue(), "Explain this.");
  });

  it("does not stop a run with Esc", async () => {
    await view.send(...(scenes["running"] ?? (() => []))());
    await composer().press("Escape");
    assert.deepEqual(await view.requests(), []);
  });

  it("has a door to the model", async () => {
    await view.send(session());
    assert.deepEqual(await press("Model: gpt-5. Select Model"), [{ type: "door", command: "selectModel" }]);
  });

  it("shows ways on where nothing can run", async () => {
    const doors: Record<string, unknown[]> = {};
    for (const [scene, names] of Object.entries({
      "no-folder": ["Open Folder", "Open Demo Workspace"],
      untrusted: ["Manage Workspace Trust"],
      "no-model": ["Set API Key", "Select Model", "Use the Demo Model"],
      "demo-elsewhere": ["Open Demo Workspace", "Select Model"],
    })) {
      await view.send(...(scenes[scene] ?? (() => []))());
      assert.deepEqual(await view.page.locator(".welcome").getByRole("button").allInnerTexts(), names);
      doors[scene] = [];
      for (const name of names)
        doors[scene].push(...(await press(name)).map((request) => (request.type === "door" ? request.command : request)));
    }
    assert.deepEqual(doors, {
      "no-folder": ["openFolder", "openDemoWorkspace"],
      untrusted: ["manageTrust"],
      "no-model": ["setApiKey", "selectModel", "useDemoModel"],
      "demo-elsewhere": ["openDemoWorkspace", "selectModel"],
    });
  });

  it("sends nothing where nothing can run, and says why", async () => {
    await view.send(session({ conversationId: null, readiness: "untrusted" }));
    await composer().fill("Fix it.");
    await composer().press("Enter");
    assert.deepEqual(await view.requests(), []);
    assert.equal(await composer().inputValue(), "Fix it.");
    assert.equal(await view.page.getByRole("button", { name: "Send" }).getAttribute("title"), "Trust this folder first");
  });

  it("puts a sample task into the composer, and starts the demo at once", async () => {
    await view.send(session({ conversationId: null }));
    assert.deepEqual(await press("Find and fix a failing test"), []);
    assert.equal(await composer().inputValue(), "Find and fix a failing test");
    await composer().fill("");
    await view.send(...(scenes["demo"] ?? (() => []))());
    assert.deepEqual(await press("Fix the failing date test"), [{ type: "task.start", text: "Fix the failing date test" }]);
  });

  it("jumps between the person's messages, and between list and composer", async () => {
    const story = asked();
    for (const text of ["Two.", "Three."]) story.agent(`${"Words. ".repeat(200)}\n\n${"More. ".repeat(200)}`).user(text);
    await view.send(session(), story.agent("Words. ".repeat(400)).take());
    const focused = (): Promise<string> => view.page.evaluate("document.activeElement.getAttribute('aria-label')");
    await composer().focus();
    const visited: string[] = [];
    for (const key of ["Control+ArrowUp", "Control+ArrowUp", "Control+ArrowDown", "F6", "F6"]) {
      await view.page.keyboard.press(key);
      visited.push(await focused());
    }
    assert.deepEqual(visited, ["You: Three.", "You: Two.", "You: Three.", "Message to the agent", "Conversation"]);
  });
});
