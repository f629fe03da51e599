import assert from "node:assert/strict";
import { Story, session } from "./fixtures.ts";
import { approval, asked, scenes } from "./scenes.ts";
import { rowNames, showScene, statusOf, withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: a conversation", () => {
  let view: View;
  withView(
    (_stage, opened) => {
      view = opened;
    },
    { width: 500 },
  );
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  it("asks for everything when it is new", async () => {
    assert.deepEqual(await view.requests(), [{ type: "chat.ready", conversationId: null, afterSeq: -1 }]);
  });

  it("draws nothing before the extension has said what is true", async () => {
    assert.equal(await view.page.locator("#root").innerText(), "");
  });

  it("names each row by what happened", async () => {
    await showScene(view, "finished");
    const names = (await rowNames(view)).map((name) => name.split("\n")[0]);
    assert.deepEqual(names, [
      "You: The test in test/date.test.ts fails since March. Find out why.",
      "Agent: I'll run the test first.",
      "Ran npm test, exit code 1, 3.2 s",
      "Edited src/date.ts, +2 −2",
      "Ran npm test, 2.9 s",
      "Thought: All tests pass, so the task is done.",
      "Finished: The test compared a month that starts at 0 with one that starts at 1.",
    ]);
    assert.equal(await view.page.getByRole("heading", { name: "Finished" }).count(), 1);
  });

  it("says at every moment what goes on", async () => {
    const said: Record<string, string> = {};
    for (const name of Object.keys(scenes)) {
      await view.reload();
      await showScene(view, name);
      said[name] = (await statusOf(view)).replace(/· \d+(\.\d)?( min \d+)? s(?= ·|\s*$)/, "· time").trim();
    }
    assert.deepEqual(said, {
      "no-folder": "",
      untrusted: "",
      "no-model": "",
      empty: "",
      demo: "",
      "demo-elsewhere": "",
      "pictures-sent": "Finished",
      thought: "Finished · time",
      "waiting-for-model": "Waiting for the model · time",
      overloaded: "Waiting for the model · next try in 8 s",
      reasoning: "Thinking… · time",
      streaming: "Writing…",
      running: "Running npm test · time",
      approval: "Waiting for your answer · time",
      "approval-plain": "Waiting for your answer · time",
      "approval-edit": "Waiting for your answer · time",
      "approval-many": "Waiting for your answer · time",
      paused: "Paused",
      stopped: "Stopped",
      queued: "Running npm test · time · 1 queued",
      starting: "Starting the terminal · time",
      working: "Running npm test · time",
      "read-only": "Running npm test · time",
      "read-only-newer": "Finished · time",
      deleted: "",
      "no-folder-here": "Finished · time",
      long: "Waiting for the model · time",
      finished: "Finished · time",
      unverified: "Finished · time",
      limit: "Limit reached · time",
      stuck: "Stuck · time",
      condensed: "Waiting for the model · time",
      rejected: "Finished · time",
      failed: "Failed · time",
      "sandbox-starting": "Copying the workspace · 12 of 80 MB · time",
      "sandbox-pulling": "Pulling python:3.12 · 41 of 362 MB · time",
      "sandbox-working": "Waiting for the model · time",
      "sandbox-gone": "Failed · time",
      "sandbox-gone-idle": "Finished · time",
      "sandbox-not-opened": "Failed",
      "failed-key": "Failed · time",
      problem: "Finished · time",
      hooks: "Waiting for the model · time",
      "server-empty": "",
      "server-gone": "Last known: running",
      "server-no-model": "",
      "server-limit": "Limit reached · time",
      "server-away-at-once": "",
    });
  });

  it("draws no row twice when events come again", async () => {
    const story = new Story().user("Say hello.").status("running").agent("Hello.").status("finished");
    const update = story.take();
    await view.send(session(), update, update, session(), update);
    assert.deepEqual(await rowNames(view), ["You: Say hello.", "Agent: Hello."]);
  });

  it("starts anew when the conversation changes", async () => {
    await view.send(session(), new Story().user("First.").take());
    const other = "22222222-2222-4222-8222-222222222222";
    await view.send(
      session({ conversationId: other }),
      new Story(0, other).user("Second.").take(),
      new Story().wait(1).user("Late.").take(),
    );
    assert.deepEqual(await rowNames(view), ["You: Second."]);
    assert.equal(await view.page.getByRole("heading", { level: 1 }).innerText(), "Second.");
  });

  it("asks once for events that it missed, and draws nothing of what comes too early", async () => {
    const story = new Story();
    await view.send(session(), story.user("One.").take());
    await view.requests();
    const missed = story.agent("Two.").take();
    const early = story.agent("Three.").take();
    await view.send(early, early);
    assert.deepEqual(await rowNames(view), ["You: One."]);
    assert.deepEqual(await view.requests(), [{ type: "chat.ready", conversationId: "11111111-1111-4111-8111-111111111111", afterSeq: 0 }]);
    await view.send(missed, early);
    assert.deepEqual(await rowNames(view), ["You: One.", "Agent: Two.", "Agent: Three."]);
  });

  it("folds finished reads into one row that opens", async () => {
    await view.send(session(), asked().read("a.ts").read("b.ts").read("c.ts").take());
    const group = view.page.getByRole("button", { name: "Read 3 files" });
    assert.equal(await group.getAttribute("aria-expanded"), "false");
    await group.press("ArrowRight");
    assert.deepEqual((await rowNames(view)).slice(1), ["Read a.ts", "Read b.ts", "Read c.ts"]);
    await group.press("ArrowLeft");
    assert.equal(await group.getAttribute("aria-expanded"), "false");
  });

  it("shows the tail of a running command, as a terminal would", async () => {
    const story = asked();
    const id = story.terminal("npm test");
    await view.send(session(), story.live(id, "10%\r55%").take());
    const output = view.page.getByLabel("Output");
    assert.equal(await output.innerText(), "55%");
    await view.send(story.live(id, "\r100%\n\u001b[31mred\u001b[0m").take());
    assert.equal(await output.innerText(), "100%\nred");
    await view.page.getByRole("button", { name: "Open in Terminal" }).click();
    assert.deepEqual((await view.requests()).at(-1), { type: "terminal.show" });
    await view.send(story.terminalDone(id, "done").take());
    assert.equal(await output.count(), 0, "a finished command is closed");
  });

  it("opens a failed command at its last twelve lines, and shows all on request", async () => {
    await showScene(view, "paused");
    const output = view.page.getByLabel("Output");
    assert.equal((await output.innerText()).split("\n").length, 12);
    await view.page.getByRole("button", { name: "Show all 26 lines" }).click();
    assert.equal((await output.innerText()).split("\n").length, 26);
  });

  it("shows an edit as a diff with line numbers, and opens the file", async () => {
    await showScene(view, "paused");
    await view.page.getByRole("button", { name: "Edited src/date.ts" }).click();
    const changed = await view.page.locator(".diff-line.old, .diff-line.new").allInnerTexts();
    assert.deepEqual(
      changed.map((line) => line.replaceAll(/\s+/g, " ").trim()),
      [
        "12 − removed const line12 = 12;",
        "12 + added const line12 = 13; // months count from 1",
        "13 + added const extra = true;",
        "20 − removed const line20 = 20;",
      ],
    );
    await view.page.getByRole("button", { name: "Open File" }).click();
    assert.deepEqual((await view.requests()).at(-1), { type: "file.open", path: "/home/me/project/src/date.ts", line: 12 });
  });

  it("keeps what the model says beside a call, and puts its reasoning behind one line", async () => {
    await view.send(session(), asked().agent("I'll look.", "Because of March.").take());
    const thought = view.page.getByRole("button", { name: "Thought" });
    assert.equal(await view.page.getByText("Because of March.").count(), 0);
    await thought.press("Enter");
    assert.equal(await view.page.getByText("Because of March.").count(), 1);
  });

  it("replaces the growing reply by the event, once", async () => {
    const story = asked();
    await view.send(session(), story.delta("Hel").delta("lo **you**").take());
    assert.equal(await view.page.locator(".streaming strong").innerText(), "you");
    await view.send(story.agent("Hello **you**").take());
    assert.deepEqual(await view.page.locator(".markdown").allInnerTexts(), ["Hello you"]);
  });

  it("shows a message at once while the agent works, and says that it is queued", async () => {
    await showScene(view, "queued");
    assert.match(
      await view.page.locator("article.user").last().innerText(),
      /Also update the changelog\.\s+Queued\. The agent reads it at its next step\./,
    );
    await view.page.getByRole("textbox").fill("And the version.");
    assert.equal(
      await view.page.getByRole("button", { name: "Send" }).getAttribute("title"),
      "Queue (the agent reads it at its next step)",
    );
  });

  it("offers what helps against each kind of failure", async () => {
    const buttons = (): Promise<string[]> => view.page.locator(".error-card").getByRole("button").allInnerTexts();
    await showScene(view, "failed");
    assert.deepEqual(await buttons(), ["Retry", "Select Model", "Show Log"]);
    await view.requests();
    await view.page.getByRole("button", { name: "Retry" }).click();
    assert.deepEqual(await view.requests(), [
      { type: "command", command: { type: "run.start", conversationId: "11111111-1111-4111-8111-111111111111" } },
    ]);
    await view.reload();
    await showScene(view, "failed-key");
    assert.deepEqual(await buttons(), ["Set API Key", "Retry", "Select Model", "Show Log"]);
  });

  it("says why an action did not run", async () => {
    await showScene(view, "rejected");
    assert.equal(await view.page.getByText("Reason: Do not push; I review first.").count(), 1);
    assert.ok((await rowNames(view)).includes("Run git push origin fix/date --force-with-lease, rejected"));
  });

  it("does not claim to know what came of an action that was cut off", async () => {
    const story = asked();
    story.terminal("npm test");
    await view.send(session(), story.status("paused").take());
    assert.ok((await rowNames(view)).includes("Run npm test, outcome unknown"));
  });

  it("pauses, stops and goes on", async () => {
    const types = async (): Promise<string[]> =>
      (await view.requests()).map((request) => (request.type === "command" ? request.command.type : request.type));
    await showScene(view, "running");
    await types();
    await view.page.getByRole("button", { name: "Pause" }).click();
    await view.page.getByRole("button", { name: "Stop", exact: true }).click();
    assert.deepEqual(await types(), ["run.pause", "run.interrupt"]);
    await view.reload();
    await showScene(view, "paused");
    await view.page.getByRole("button", { name: "Continue" }).click();
    assert.deepEqual((await types()).at(-1), "run.start");
  });

  it("shows the wall, the demo label and the tokens", async () => {
    await view.send(session({ isDemo: true }), approval().take());
    assert.equal(await view.page.getByText("Demo · recorded replies, real tools").isVisible(), true);
    assert.equal(await view.page.locator(".header").getByText("Local · no sandbox").isVisible(), true);
    assert.equal(await view.page.getByText("12.3k tokens").isVisible(), true);
  });

  it("tells a screen reader each finished action once", async () => {
    const story = asked();
    const id = story.terminal("npm test");
    await view.send(session(), story.terminalDone(id, "ok").take());
    const spoken = (words: string) =>
      view.page.waitForFunction((expected) => document.querySelector('[data-part="spoken"]')?.textContent === expected, words);
    await spoken("Ran npm test");
    await view.page.evaluate(() => Object.assign(globalThis, { said: document.querySelector('[data-part="spoken"] span') }));
    await view.send(story.terminalDone(story.terminal("npm test"), "ok").take());
    await view.page.waitForFunction(() => Reflect.get(globalThis, "said") !== document.querySelector('[data-part="spoken"] span'));
    await spoken("Ran npm test");
    await view.send(
      story.failed("MaxIterationsReached", "The limit is reached.", { kind: "agent_action", retryable: false, user_action: "none" }).take(),
    );
    await spoken("Limit reached");
    assert.equal(await view.page.getByRole("log").getAttribute("aria-live"), "off", "rows that come and go with scrolling are not news");
    assert.equal(await view.page.getByRole("main").count(), 1);
  });

  it("shows a card instead of nothing when it cannot draw, and a way back", async () => {
    const update = asked().read("a.ts").take();
    await view.page.evaluate("globalThis.parse = Date.parse; Date.parse = () => { throw new Error('broken') }");
    await view.send(session(), update);
    await view.requests();
    assert.match(await view.page.getByRole("alert").innerText(), /could not draw this conversation/);
    await view.page.evaluate("Date.parse = parse");
    await view.page.getByRole("button", { name: "Reload view" }).click();
    assert.deepEqual(await view.requests(), [{ type: "chat.ready", conversationId: "11111111-1111-4111-8111-111111111111", afterSeq: -1 }]);
    await view.send(update);
    assert.ok((await rowNames(view)).includes("Read a.ts"));
  });

  it("counts the seconds of a host in another time zone", async () => {
    const here = new Date().getTimezoneOffset();
    const story = new Story(5_000 + 120 * 60_000).user("Go.").status("running");
    await view.send(session({ timezoneOffset: here + 120 }), story.take());
    assert.match(await statusOf(view), /^Waiting for the model · [56] s$/);
  });
});
