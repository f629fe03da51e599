import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { NotificationBatch } from "../../../src/extension/chat/notificationBatch.ts";
import { EventId } from "../../../src/protocol/ids.ts";
import type { Notification } from "../../../src/protocol/notifications.ts";
import { newId } from "../../support/workspaces.ts";

const conversationId = newId();
const delta = (content: string): Notification => ({ type: "delta", conversationId, content });
const output = (action: string, text: string): Notification => ({
  type: "terminal.output",
  conversationId,
  actionId: EventId.parse(`${action}0000000`),
  text,
});

describe("a batch of notifications", () => {
  it("sends the first at once and joins what comes soon after: deltas, and the output of one action with its tail only", async () => {
    const sent: Notification[][] = [];
    using batch = new NotificationBatch((notifications) => sent.push(notifications));
    batch.add(delta("a"));
    assert.deepEqual(sent, [[delta("a")]]);
    batch.add(delta("b"));
    batch.add({ type: "delta", conversationId, reasoning_content: "why" });
    batch.add(output("a", "x".repeat(15_000)));
    batch.add(output("a", "y".repeat(15_000)));
    batch.add(output("b", "z"));
    assert.equal(sent.length, 1);
    await setTimeout(80);
    assert.deepEqual(sent.slice(1), [
      [
        { type: "delta", conversationId, content: "b", reasoning_content: "why" },
        output("a", "x".repeat(5_000) + "y".repeat(15_000)),
        output("b", "z"),
      ],
    ]);
  });

  it("sends at most twenty times a second whatever comes, and nothing after it was cleared", async () => {
    const sent: Notification[][] = [];
    using batch = new NotificationBatch((notifications) => sent.push(notifications));
    const start = performance.now();
    while (performance.now() - start < 500) {
      batch.add(output("a", "line\n"));
      await setTimeout(1);
    }
    const tookMs = performance.now() - start;
    assert.ok(sent.length <= tookMs / 50 + 2, `${sent.length} messages in ${tookMs} ms`);
    // The first of two goes at once or waits, the second waits.
    batch.add(output("a", "line\n"));
    batch.add(delta("never"));
    batch.clear();
    await setTimeout(80);
    assert.equal(JSON.stringify(sent).includes("never"), false);
  });
});
