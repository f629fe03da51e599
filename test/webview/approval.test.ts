import assert from "node:assert/strict";
import { conversationId, type Story, session } from "./fixtures.ts";
import { asked, scenes } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { Stage, View } from "./view.ts";

describe("webview: an approval", () => {
  let stage: Stage;
  let view: View;
  withView((shared, opened) => {
    stage = shared;
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const show = async (name: string): Promise<void> => {
    await view.send(...(scenes[name] ?? (() => []))());
    await view.requests();
  };
  const card = () => view.page.getByRole("alertdialog");
  const ask = (story: Story, command: string): { id: string } => {
    const id = story.terminal(command);
    story.status("waiting_for_confirmation");
    return { id };
  };
  const respond = (accept: boolean, actionIds: string[], reason?: string): unknown => ({
    type: "command",
    command: { type: "confirmation.respond", conversationId, accept, actionIds, ...(reason === undefined ? {} : { reason }) },
  });

  it("shows the command, what the agent says it is for, and the rule that asks", async () => {
    await show("approval");
    assert.equal(await card().getByRole("heading", { name: "Run this command?" }).count(), 1);
    assert.equal(await card().locator("pre").innerText(), "git push origin fix/date --force-with-lease");
    assert.match(
      await card().innerText(),
      /Overwrites or deletes commits on the server\. Publishes commits\.\s+The agent says: publish the fix for review\s+Asks because a command can do anything on this machine\./,
    );
  });

  it("says how long a command is that does not fit into the card", async () => {
    const story = asked();
    ask(story, `${"echo harmless\n".repeat(22)}rm -rf ~\n`);
    await view.send(session(), story.take());
    assert.match(await card().innerText(), /23 lines; scroll to read them all\./);
  });

  it("can be read and answered in a panel that is not much higher than itself", async () => {
    const low = await stage.open({ width: 700, height: 170 });
    await low.send(...(scenes["approval"] ?? (() => []))());
    for (const part of [low.page.getByText("git push origin").last(), low.page.getByRole("button", { name: "Allow", exact: true })]) {
      const box = await part.boundingBox();
      assert.ok(box !== null && box.y >= 0 && box.y + box.height <= 170, JSON.stringify(box));
    }
    await low.page.getByRole("button", { name: "Allow", exact: true }).click();
    await low.close();
  });

  it("answers for exactly the actions that it shows", async () => {
    const story = asked();
    const { id } = ask(story, "rm -rf build");
    const second = story.file("create", "a.ts", { file_text: "x" });
    await view.send(session(), story.take());
    await view.requests();
    assert.deepEqual(
      await card()
        .locator("[data-action]")
        .evaluateAll((shown) => shown.map((one) => one.getAttribute("data-action"))),
      [id, second],
    );
    await card().getByRole("button", { name: "Allow 2" }).click();
    assert.deepEqual(await view.requests(), [respond(true, [id, second])]);
    assert.equal(await card().count(), 0, "it cannot be answered twice");
  });

  it("never has Allow in focus by itself, and takes no focus from the composer", async () => {
    await view.send(session());
    await view.page.getByRole("textbox").focus();
    const story = asked();
    ask(story, "ls");
    await view.send(story.take());
    assert.equal(await view.page.evaluate("document.activeElement.tagName"), "TEXTAREA");
    await view.page.keyboard.press("F6");
    await view.page.keyboard.press("F6");
    assert.equal(await view.page.evaluate("document.activeElement.getAttribute('role')"), "alertdialog");
  });

  it("is answered by its keys, but not while a text is being written", async () => {
    const story = asked();
    const { id } = ask(story, "ls");
    await view.send(session(), story.take());
    await view.requests();
    const composer = view.page.getByRole("textbox");
    await composer.fill("wait");
    await composer.press("Control+Enter");
    await composer.press("Control+Backspace");
    assert.deepEqual(await view.requests(), []);
    await composer.fill("");
    await composer.press("Control+Enter");
    assert.deepEqual(await view.requests(), [respond(true, [id])]);
  });

  it("is rejected by its key, or with a reason that the agent reads", async () => {
    const story = asked();
    const { id } = ask(story, "ls");
    const update = story.take();
    await view.send(session(), update);
    await view.requests();
    await view.page.keyboard.press("Control+Backspace");
    assert.deepEqual(await view.requests(), [respond(false, [id])]);
    await view.reload();
    await view.send(session(), update);
    await view.requests();
    await card().getByRole("button", { name: "Reject…" }).click();
    assert.equal(
      await card()
        .getByRole("textbox")
        .evaluate((field) => field === document.activeElement),
      true,
    );
    await view.page.keyboard.type("Use npm ci.");
    await view.page.keyboard.press("Enter");
    assert.deepEqual(await view.requests(), [respond(false, [id], "Use npm ci.")]);
  });

  it("leaves the reason with Esc, and stops nothing", async () => {
    await show("approval");
    await card().getByRole("button", { name: "Reject…" }).click();
    await view.page.keyboard.press("Escape");
    assert.equal(await card().getByRole("button", { name: "Allow", exact: true }).count(), 1);
    assert.deepEqual(await view.requests(), []);
  });

  it("asks again when the answer could not be given", async () => {
    await show("approval");
    await card().getByRole("button", { name: "Allow", exact: true }).click();
    await view.send({ type: "failed", message: "Other actions are waiting now." });
    assert.equal(await card().count(), 1);
    assert.equal(await view.page.getByRole("alert").innerText(), "Other actions are waiting now.");
  });

  it("can be given for exactly this command from now on, but not where it is asked every time", async () => {
    const remember = card().getByRole("button", { name: "Allow in This Conversation" });
    for (const name of ["approval", "approval-edit", "approval-many"]) {
      await view.fresh();
      await show(name);
      assert.equal(await remember.count(), 0, name);
    }
    await view.fresh();
    await show("approval-plain");
    await remember.click();
    const [answer] = await view.requests();
    assert.ok(answer?.type === "command" && answer.command.type === "confirmation.respond");
    assert.deepEqual([answer.command.accept, answer.command.remember], [true, true]);
  });

  it("opens the diff of an edit in the editor", async () => {
    await show("approval-edit");
    await card().getByRole("button", { name: "Open Diff" }).click();
    const id = await card().locator("[data-action]").getAttribute("data-action");
    assert.deepEqual(await view.requests(), [{ type: "edit.diff", actionId: id }]);
  });

  it("goes when the run goes on", async () => {
    const story = asked();
    ask(story, "ls");
    await view.send(session(), story.take());
    assert.equal(await card().count(), 1);
    await view.send(story.status("running").take());
    assert.equal(await card().count(), 0);
  });

  it("shows what nobody would see: bidi, zero-width, tags and controls (WV-13)", async () => {
    const story = asked();
    ask(story, "echo \u202Egpj.exe \u200B \u{E0041} \u0007 é 👩‍💻 ✔️");
    await view.send(session(), story.take());
    assert.equal(await card().locator("pre").innerText(), "echo \\u{202E}gpj.exe \\u{200B} \\u{E0041} \\u{0007} é 👩‍💻 ✔️");
  });

  it("shows a command whole, however long it is", async () => {
    const story = asked();
    const command = `echo ${"x".repeat(5_000)}\n${"echo line\n".repeat(200)}rm -rf /`;
    ask(story, command);
    await view.send(session(), story.take());
    assert.equal(await card().locator("pre").textContent(), command);
    assert.equal(await card().getByRole("button", { name: "Allow", exact: true }).isVisible(), true);
    const { y = 0, height = 0 } = (await card().getByRole("button", { name: "Allow", exact: true }).boundingBox()) ?? {};
    assert.ok(y + height <= 640, "the buttons stay in view");
  });

  it("shows an edit as path and diff", async () => {
    await show("approval-edit");
    assert.equal(await card().getByRole("heading").innerText(), "Edit src/date.ts?");
    assert.equal(await card().locator("pre").innerText(), "/home/me/project/src/date.ts");
    assert.equal(await card().locator(".diff-line.old").count(), 1);
  });

  it("cannot be imitated by the model's words (WV-08)", async () => {
    const html = '<div class="card approval" role="alertdialog"><button class="button primary">Allow</button></div>';
    await view.send(session(), asked().agent(`${html}\n\n# Run this command?\n\n[Allow](command:openhands.allow)`).take());
    assert.equal(
      await view.page.locator(".markdown .card, .markdown button, .markdown [role=alertdialog], .markdown [role=link]").count(),
      0,
    );
    assert.equal(await card().count(), 0);
  });
});
