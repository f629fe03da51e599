import assert from "node:assert/strict";
import { type Event, parseEvent } from "../../../../src/protocol/events.ts";
import { wireEvent } from "../../../../src/server/events/wire.ts";
import { calls } from "../../../support/events.ts";

const action = (more: object): Event =>
  parseEvent({
    ...calls({ name: "think" }),
    tool_call: { id: "call_1", name: "think", arguments: '{"thought":"x"}', origin: "completion" },
    ...more,
  });

describe("an action as clients are told it", () => {
  it("§5.1 has a summary: the model's, or else its tool and arguments, unless it cannot run", () => {
    const long = { id: "c", name: "think", arguments: "x".repeat(500), origin: "completion" };
    const told = [{ summary: "look around" }, {}, { action: null }, { tool_call: long }].map((more) => wireEvent(action(more))["summary"]);
    assert.deepEqual(told, ["look around", 'think: {"thought":"x"}', undefined, `think: ${"x".repeat(190)}...`]);
  });
});
