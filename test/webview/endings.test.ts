import assert from "node:assert/strict";
import type { ChatUpdate } from "../../src/protocol/chat.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import { conversationId, type Story, session } from "./fixtures.ts";
import { asked } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const changes: Extract<ChatUpdate, { type: "changes" }> = {
  type: "changes",
  conversationId: ConversationId.parse(conversationId),
  files: [{ path: "/home/me/project/src/date.ts", status: "changed", added: 3, removed: 1 }],
};

describe("webview: how a run ends", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const result = (): Promise<string> => view.page.getByRole("group", { name: "Result" }).innerText();
  const edited = (): Story => asked().edited("src/date.ts", "a", "b");

  it("says once what has changed and what proves it, and leads to the review", async () => {
    const story = edited();
    story.terminalDone(story.terminal("npm test"), "ok").finish("Done.").status("finished");
    await view.send(session(), story.take(), changes);
    assert.equal((await result()).trim(), "Verified by npm test");
    await view.page.getByRole("button", { name: "1 file +3 −1" }).waitFor();
    await view.requests();
    await view.page.getByRole("button", { name: "Review" }).click();
    assert.deepEqual(await view.requests(), [{ type: "door", command: "reviewChanges" }]);
  });

  it("says that nothing proves it, when no check has run since the last edit", async () => {
    const story = asked();
    story.terminalDone(story.terminal("npm test"), "ok").edited("src/date.ts", "a", "b").agent("Done.").status("finished");
    await view.send(session(), story.take());
    assert.match(await result(), /Unverified: no test or check has run since the last edit\./);
  });

  it("says neither when nothing was edited", async () => {
    await view.send(session(), asked().agent("It is a month that starts at 0.").status("finished").take());
    assert.equal(await view.page.getByRole("group", { name: "Result" }).count(), 0);
  });

  it("raises the limit that was reached, and goes on", async () => {
    const story = asked().state("max_iterations", 20).state("limits", { max_cost_usd: 1 });
    const limit = { kind: "agent_action", retryable: false, user_action: "none" } as const;
    story.failed("MaxIterationsReached", "The limit of 20 steps is reached.", limit);
    await view.send(session(), story.take());
    await view.requests();
    await view.page.getByRole("button", { name: "Raise to 40 steps" }).click();
    const sent = (await view.requests()).flatMap((request) => (request.type === "command" ? [request.command] : []));
    assert.deepEqual(sent, [
      { type: "limits.set", limits: { max_cost_usd: 1 }, maxIterations: 40, conversationId },
      { type: "run.start", conversationId },
    ]);
  });

  it("says what repeats, and lets it continue", async () => {
    await view.send(session(), asked().state("stuck_reason", "The agent repeats itself.").status("stuck").take());
    await view.page.getByRole("article", { name: "The agent repeats itself." }).waitFor();
    await view.page.getByRole("button", { name: "Continue" }).click();
    assert.deepEqual((await view.requests()).at(-1), { type: "command", command: { type: "run.start", conversationId } });
  });

  it("takes an edit back, and says so when the file is back", async () => {
    await view.send(session(), edited().status("finished").take(), changes);
    await view.page.getByRole("button", { name: "Edited src/date.ts" }).click();
    await view.requests();
    for (const name of ["Open Diff", "Open File", "Revert"]) await view.page.getByRole("button", { name }).click();
    assert.deepEqual(
      (await view.requests()).map(({ type }) => type),
      ["edit.diff", "file.open", "edit.revert"],
    );
    assert.equal(await view.page.getByText("Reverted").count(), 0);
    await view.send({ ...changes, files: [] });
    assert.equal(await view.page.getByText("Reverted").count(), 1);
  });

  it("folds what was only thought between looks, and says for how long it was thought", async () => {
    const story = asked().read("a.ts").agent("", "Because.").read("b.ts").agent("Found it.", "Because of March.");
    await view.send(session(), story.take());
    assert.equal(await view.page.getByRole("button", { name: "Read 2 files" }).count(), 1);
    assert.equal(await view.page.getByRole("button", { name: "Thought" }).count(), 1);
  });

  it("offers the whole of a result that was cut, and says what was allowed earlier", async () => {
    const story = asked();
    const id = story.terminal("npm test", { granted: true });
    story.terminalDone(id, "first\n[… 1000 characters are left out here …]\nlast", 1);
    await view.send(session(), story.take());
    assert.equal(await view.page.getByRole("article", { name: "Ran npm test, allowed earlier, exit code 1" }).count(), 1);
    await view.page.getByRole("button", { name: "Open Whole Result" }).click();
    assert.deepEqual((await view.requests()).at(-1), { type: "result.open", actionId: id });
  });
});
