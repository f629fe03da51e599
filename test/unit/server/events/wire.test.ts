import assert from "node:assert/strict";
import { type Event, parseEvent } from "../../../../src/protocol/events.ts";
import { wireEvent } from "../../../../src/server/events/wire.ts";

const action = (more: object): Event =>
  parseEvent({
    kind: "ActionEvent",
    id: "00000000-0000-4000-8000-000000000001",
    timestamp: "2026-01-05T10:00:02.775413",
    source: "agent",
    thought: [],
    thinking_blocks: [],
    action: { kind: "ThinkAction", thought: "x" },
    tool_name: "think",
    tool_call_id: "call_1",
    tool_call: { id: "call_1", name: "think", arguments: '{"thought":"x"}', origin: "completion" },
    llm_response_id: "r",
    security_risk: "LOW",
    ...more,
  });

describe("an action as clients are told it", () => {
  it("§5.1 has a summary: the model's, or else its tool and arguments, unless it cannot run", () => {
    const long = { id: "c", name: "think", arguments: "x".repeat(500), origin: "completion" };
    const told = [{ summary: "look around" }, {}, { action: null }, { tool_call: long }].map((more) => wireEvent(action(more))["summary"]);
    assert.deepEqual(told, ["look around", 'think: {"thought":"x"}', undefined, `think: ${"x".repeat(190)}...`]);
  });
});
