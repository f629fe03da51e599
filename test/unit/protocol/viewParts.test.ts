import assert from "node:assert/strict";
import { parseEvent } from "../../../src/protocol/events.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import type { Notification } from "../../../src/protocol/notifications.ts";
import { initialView, reduceView, viewOf, withEarlier } from "../../../src/protocol/view.ts";

const conversationId = ConversationId.parse("b0c8f1a2-0000-4000-8000-000000000000");
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const at = (second: number): string => `2026-01-05T10:00:${String(second).padStart(2, "0")}.000000`;
const common = (seq: number) => ({ id: id(seq), timestamp: at(seq), source: "agent" });
const classification = { kind: "internal", retryable: false, user_action: "none" };
const said = (source: string, text: string) => ({
  kind: "MessageEvent",
  source,
  llm_message: { role: source === "user" ? "user" : "assistant", content: [{ type: "text", text }] },
  activated_skills: [],
  extended_content: [],
});
const updated = (key: string, value: unknown) => ({ kind: "ConversationStateUpdateEvent", source: "environment", key, value });
const call = { tool_name: "terminal", tool_call_id: "c1" };

const events = [
  updated("execution_status", "running"),
  said("user", "Fix it"),
  {
    kind: "ActionEvent",
    thought: [{ type: "text", text: "I look." }],
    thinking_blocks: [],
    action: { kind: "TerminalAction", command: "npm test", is_input: false, reset: false },
    ...call,
    tool_call: { id: "c1", name: "terminal", arguments: "{}", origin: "completion" },
    llm_response_id: "r1",
    security_risk: "HIGH",
  },
  { kind: "AgentErrorEvent", ...call, error: "It broke.", classification },
  said("agent", "Half"),
  { ...updated("incomplete_message", true), parent_id: id(4) },
  updated("execution_status", "finished"),
].map((draft, seq) => parseEvent({ ...common(seq), ...draft }));
const whole = events
  .map((event, seq): Notification => ({ type: "event.appended", conversationId, seq, event }))
  .reduce(reduceView, initialView);

describe("a view of the newest part", () => {
  it("becomes the view of all, wherever it was cut, when the older events are put before it", () => {
    for (let firstSeq = 0; firstSeq <= events.length; firstSeq++) {
      const tail = viewOf({ state: whole.state, firstSeq, events: events.slice(firstSeq) });
      for (let cut = 0; cut <= firstSeq; cut++) {
        const middle = withEarlier(tail, cut, events.slice(cut, firstSeq));
        const all = withEarlier(middle, 0, events.slice(0, cut));
        const { lastEventAt: _, ...rest } = all;
        assert.deepEqual({ ...rest, lastEventAt: whole.lastEventAt }, whole, `${cut} ${firstSeq}`);
      }
    }
  });

  it("takes no page that does not fit", () => {
    const tail = viewOf({ state: whole.state, firstSeq: 4, events: events.slice(4) });
    assert.equal(withEarlier(tail, 0, events.slice(0, 3)), tail);
  });
});
