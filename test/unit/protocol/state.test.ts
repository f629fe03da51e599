import assert from "node:assert/strict";
import { parseEvent } from "../../../src/protocol/events.ts";
import { initialState, reduceState } from "../../../src/protocol/state.ts";
import { knownEvents, otherEvents } from "./examples.ts";

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const timestamp = "2026-01-05T10:00:02.775413";
const update = (key: string, value: unknown) =>
  parseEvent({
    kind: "ConversationStateUpdateEvent",
    id: id(1),
    timestamp,
    source: "environment",
    key,
    value,
  });
const after = (...updates: readonly [string, unknown][]) =>
  updates.reduce((state, [key, value]) => reduceState(state, update(key, value)), initialState);

describe("the state of a conversation", () => {
  it("takes what a state update says", () => {
    const usage = { prompt_tokens: 200, completion_tokens: 40, cache_read_tokens: 3, reasoning_tokens: 4 };
    assert.deepEqual(
      after(
        ["id", "b0c8f1a2-0000-4000-8000-000000000000"],
        ["workspace", { kind: "LocalWorkspace", working_dir: "/w" }],
        ["agent", { kind: "Agent", llm: { model: "m", base_url: "http://x/v1" }, tools: [] }],
        ["confirmation_policy", { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true }],
        ["max_iterations", 7],
        ["title", "Fix it"],
        ["execution_status", "running"],
        [
          "stats",
          { usage_to_metrics: { agent: { model_name: "m", accumulated_token_usage: { ...usage, model: "m", cache_write_tokens: 1 } } } },
        ],
      ),
      {
        ...initialState,
        id: "b0c8f1a2-0000-4000-8000-000000000000",
        working_dir: "/w",
        llm: { model: "m", base_url: "http://x/v1" },
        confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true },
        max_iterations: 7,
        title: "Fix it",
        execution_status: "running",
        progress: { ...initialState.progress, statusSince: timestamp, runStartedAt: timestamp },
        metrics: { agent: { model_name: "m", accumulated_token_usage: { ...usage, model: "m", cache_write_tokens: 1 } } },
        usage,
      },
    );
  });

  it("is not changed by a key or a value that this version does not know", () => {
    for (const [key, value] of [
      ["toString", "x"],
      ["__proto__", { execution_status: "error" }],
      ["colours", { a: 1 }],
      ["execution_status", "dreaming"],
      ["stats", { usage_to_metrics: { condenser: {} } }],
      ["stats", null],
      ["agent", { llm: "gpt" }],
      ["max_iterations", "many"],
      ["full_state", { execution_status: "error" }],
    ] as const) {
      assert.equal(after([key, value]), initialState, key);
    }
  });

  it("has the actions that have no result yet, whichever way a result comes", () => {
    const action = (number: number, extra: object = {}) =>
      parseEvent({
        ...knownEvents.find((event) => event["kind"] === "ActionEvent"),
        id: id(number),
        tool_call_id: `call_${number}`,
        ...extra,
      });
    const example = (kind: string, fields: object) => parseEvent({ ...knownEvents.find((event) => event["kind"] === kind), ...fields });
    const events = [
      action(11),
      action(12),
      action(13),
      action(14),
      action(15, { action: null }),
      example("ObservationEvent", { action_id: id(11) }),
      example("UserRejectObservation", { action_id: id(12) }),
      example("AgentErrorEvent", { tool_call_id: "call_13" }),
    ];
    const state = events.reduce(reduceState, initialState);
    assert.deepEqual(
      state.pending.map((pending) => pending.id),
      [id(14)],
    );
  });

  it("knows the newest event that can be a parent, and the person's newest message", () => {
    const events = [...knownEvents, ...otherEvents].map(parseEvent);
    const { leaf_event_id, last_user_message_id } = events.reduce(reduceState, initialState);
    assert.deepEqual({ leaf_event_id, last_user_message_id }, { leaf_event_id: "aab10000", last_user_message_id: "95500000" });
    assert.equal(reduceState(initialState, update("title", "x")).leaf_event_id, undefined);
  });
});
