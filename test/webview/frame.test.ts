import assert from "node:assert/strict";
import type { ChatRequest } from "../../src/protocol/chat.ts";
import { conversationId, Story, session, workingDir } from "./fixtures.ts";
import { composerOf, interactions } from "./interactions.ts";
import { showScene, statusOf, withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: the frame around the log", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const command = (type: string): ChatRequest => ({ type: "command", command: { type, conversationId } }) as ChatRequest;
  const press = async (name: string): Promise<ChatRequest[]> => {
    await view.requests();
    await view.page.getByRole("button", { name, exact: true }).click();
    return view.requests();
  };
  const titleOf = async (selector: string): Promise<string> => (await view.page.locator(selector).getAttribute("title")) ?? "";

  it("says the wall once, and leads to what can be done about it", async () => {
    await showScene(view, "working");
    assert.equal(await view.page.getByText("Local · no sandbox").count(), 1);
    assert.deepEqual(await press("Local · no sandbox"), [{ type: "door", command: "selectRuntime" }]);
    await view.send(session({ wall: "" }));
    assert.equal(await view.page.locator("button.wall").isDisabled(), true);
    await view.send(session({ conversationId: null, wall: "Docker · no network" }));
    assert.deepEqual(await press("Docker · no network"), [{ type: "door", command: "selectRuntime" }]);
  });

  it("tells the phases of a sandbox with their time and a way out, and what to do when it has gone", async () => {
    await showScene(view, "sandbox-starting");
    assert.match(await statusOf(view), /^Copying the workspace · 12 of 80 MB · 1\d s$/);
    assert.deepEqual(await press("Cancel"), [command("run.interrupt")]);
    await view.fresh();
    await showScene(view, "sandbox-gone");
    assert.equal(await view.page.getByText("The sandbox was removed from outside.").count(), 1);
    assert.deepEqual(await press("Restart Sandbox"), [command("run.start")]);
    await view.fresh();
    await showScene(view, "sandbox-gone-idle");
    assert.equal(await view.page.locator(".note").getByText("The sandbox was removed from outside.").count(), 1);
    await view.fresh();
    await showScene(view, "sandbox-not-opened");
    assert.deepEqual(await press("Settings"), [{ type: "door", command: "openSettings" }]);
    assert.deepEqual(await press("Retry"), [command("run.start")]);
  });

  it("pins the task list and the changed files, and nothing where there is neither", async () => {
    await showScene(view, "empty");
    assert.equal(await view.page.locator(".pinned").count(), 0);
    await view.fresh();
    await interactions["tasks"]?.(view);
    assert.deepEqual(await view.page.locator(".pinned-task").allTextContents(), [
      "Done: Run the failing test",
      "Done: Find the cause in src/date.ts",
      "Done: Count months from 1",
      "In progress: Run all tests",
      "To do: Write a line into the changelog",
    ]);
    await press("2 files +18 −1");
    assert.deepEqual(await view.page.locator(".pinned-file").allTextContents(), [
      "date.ts src, changed,+3 −1",
      "months.ts src/calendar, created,+15 −0",
    ]);
    await view.page.locator(".pinned-file").first().click();
    assert.deepEqual(await view.requests(), [{ type: "file.open", path: `${workingDir}/src/date.ts` }]);
    assert.deepEqual(await press("Review"), [{ type: "door", command: "reviewChanges" }]);
  });

  it("says how full the context is and what it has cost, with the numbers behind it, and never a guess", async () => {
    await showScene(view, "working");
    assert.equal((await view.page.locator(".settings-end").innerText()).replaceAll(/\s+/g, " ").trim(), "34 % $0.12");
    assert.equal(await titleOf(".context"), "43,248 of 128,000 tokens of the context window are used (34 %)");
    assert.equal(await titleOf(".usage"), "This conversation: 41,200 tokens read; 2,048 written. Cost: $0.1234.");
    await view.fresh();
    await showScene(view, "long");
    assert.equal(await view.page.locator(".usage").innerText(), "cost unknown");
    await view.fresh();
    await view.send(session(), new Story().user("Hi.").usage(900, 10).take());
    assert.equal(await view.page.locator(".context").count(), 0);
    assert.equal(await view.page.locator(".usage").innerText(), "910 tokens");
  });

  it("has doors to the model and to when it asks", async () => {
    await showScene(view, "working");
    assert.deepEqual(await press("Asks always. Select When to Ask"), [{ type: "door", command: "selectMode" }]);
  });

  it("says what is being made ready, and can cancel it", async () => {
    await showScene(view, "starting");
    assert.match(await statusOf(view), /^Starting the terminal · \d+ s$/);
    assert.equal(await view.page.getByRole("button", { name: "Stop" }).count(), 0);
    assert.deepEqual(await press("Cancel"), [command("run.interrupt")]);
    await view.send(new Story().phase("").take());
    assert.match(await statusOf(view), /^Waiting for the model/);
  });

  it("shows what was sent while its conversation begins", async () => {
    await interactions["starting-task"]?.(view);
    assert.equal(await view.page.locator(".user-text").innerText(), "Fix the failing test.");
    await view.send({ type: "failed", message: "The disk is full.", isUnsent: true });
    assert.equal(await view.page.locator("article.user").count(), 0);
    assert.equal(await composerOf(view).inputValue(), "Fix the failing test.");
  });

  it("only reads what another window runs, until it takes over", async () => {
    await showScene(view, "read-only");
    assert.deepEqual(await press("Take Over"), [command("conversation.take_over")]);
    await composerOf(view).fill("Go on.");
    await composerOf(view).press("Enter");
    assert.deepEqual(
      (await view.requests()).filter(({ type }) => type === "command"),
      [],
    );
    assert.equal(await view.page.getByRole("alert").innerText(), "This conversation can only be read here. Your message is kept.");
    for (const name of ["Stop", "Pause"]) assert.equal(await view.page.getByRole("button", { name }).count(), 0, name);
    await view.fresh();
    await showScene(view, "read-only-newer");
    assert.equal(await view.page.getByRole("button", { name: "Take Over" }).count(), 0);
  });

  it("brings a deleted conversation back, or begins a new one", async () => {
    await showScene(view, "deleted");
    assert.deepEqual(await press("Restore"), [command("conversation.restore")]);
    assert.deepEqual(await press("New Conversation"), [{ type: "door", command: "newConversation" }]);
  });

  it("says when the extension does not answer, after it has asked once more, and forgets it when it does", async () => {
    await interactions["silent"]?.(view);
    assert.match(await view.page.getByRole("alert").innerText(), /^The extension does not answer\. .*Reload Window/s);
    assert.equal((await view.requests()).filter(({ type }) => type === "chat.ready").length, 2);
    await view.send(session());
    assert.equal(await view.page.getByRole("alert").count(), 0);
  });

  it("says that it has the keyboard, so that the palette means this chat", async () => {
    await view.requests();
    await view.page.evaluate("window.dispatchEvent(new Event('focus'))");
    assert.deepEqual(await view.page.evaluate("sentRequests.splice(0)"), [{ type: "chat.focused" }]);
  });

  it("comes back after a mistake in the drawing", async () => {
    await interactions["crashed"]?.(view);
    await view.page.evaluate("Number.prototype.toLocaleString = () => '1'");
    const [asked] = await press("Reload View");
    assert.deepEqual(asked, { type: "chat.ready", conversationId, afterSeq: -1 });
    assert.equal(await view.page.locator(".composer").count(), 1);
  });

  it("moves nothing under reduced motion, and shows what goes on in the system's own colours", async () => {
    await showScene(view, "running");
    const line = (): Promise<string> =>
      view.page.evaluate(() => {
        const { animationName, backgroundColor } = getComputedStyle(
          document.querySelector(".status .progress") ?? document.body,
          "::after",
        );
        return `${animationName} ${backgroundColor}`;
      });
    assert.match(await line(), /^travel /);
    await view.page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
    const [name, colour] = (await line()).split(/ (.*)/);
    assert.equal(name, "none");
    assert.notEqual(colour, await view.page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await view.page.emulateMedia({ reducedMotion: null, forcedColors: null });
  });
});
