import assert from "node:assert/strict";
import { conversationId, Story, session } from "./fixtures.ts";
import { approval } from "./scenes.ts";
import { rowNames, withView } from "./suite.ts";
import type { View } from "./view.ts";

describe("webview: what the extension says", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });

  it("begins with a snapshot, goes on with notifications, and puts older events before it", async () => {
    const story = new Story();
    for (let turn = 0; turn < 4; turn++) story.user(`Task ${turn}`).agent(`Reply ${turn}`);
    await view.send(session(), story.snapshot(4));
    assert.deepEqual(await rowNames(view), ["You: Task 2", "Agent: Reply 2", "You: Task 3", "Agent: Reply 3"]);
    await view.send(story.page(2, 4), story.page(0, 2), story.user("Task 4").take());
    assert.deepEqual(
      (await rowNames(view)).map((name) => name.replace(/\D+/, "")),
      ["0", "0", "1", "1", "2", "2", "3", "3", "4"],
    );
  });

  it("answers the question when the palette's command does", async () => {
    const story = approval();
    await view.send(session(), story.take(), { type: "answer", accept: true });
    const [answer] = (await view.requests()).slice(-1);
    assert.ok(answer?.type === "command" && answer.command.type === "confirmation.respond");
    assert.equal(answer.command.accept, true);
    assert.equal(answer.command.actionIds.length, 1);
  });

  it("keeps a draft for each conversation", async () => {
    const other = "22222222-2222-4222-8222-222222222222";
    const field = view.page.getByRole("textbox");
    await view.send(session({ draft: "Begun here" }));
    assert.equal(await field.inputValue(), "Begun here");
    await field.fill("Begun here, and typed on");
    await view.send(session({ conversationId: other, draft: "" }));
    assert.equal(await field.inputValue(), "");
    assert.deepEqual(await view.savedDrafts(), [{ type: "draft.save", conversationId, text: "Begun here, and typed on" }]);
    await field.fill("Typed right before the view was killed");
    await view.reload();
    await view.send(session({ conversationId: other, draft: "" }));
    assert.equal(await field.inputValue(), "Typed right before the view was killed");
  });
});
