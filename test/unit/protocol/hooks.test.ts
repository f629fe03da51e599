import assert from "node:assert/strict";
import { rowText } from "../../../src/cli/rowText.ts";
import { type HookExecutionEvent, parseEvent } from "../../../src/protocol/events.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import { shortenEvent } from "../../../src/protocol/shortened.ts";
import { initialView, type Row, reduceView } from "../../../src/protocol/view.ts";

const conversationId = ConversationId.parse("b0c8f1a2-0000-4000-8000-000000000000");

function hook(fields: object): HookExecutionEvent {
  const event = parseEvent({
    ...{ kind: "HookExecutionEvent", id: "00000000-0000-4000-8000-000000000001", timestamp: "2026-01-05T10:00:00.000000", source: "hook" },
    ...{ hook_event_type: "PreToolUse", hook_command: "./guard.sh", tool_name: "terminal", success: true, blocked: false, exit_code: 0 },
    ...{ stdout: "", stderr: "", ...fields },
  });
  assert.ok(event.kind === "HookExecutionEvent");
  return event;
}

function rowOf(fields: object): Row | undefined {
  return reduceView(initialView, { type: "event.appended", conversationId, seq: 0, event: hook(fields) }).rows[0];
}

function printed(fields: object, isVerbose = false): string {
  const row = rowOf(fields);
  assert.ok(row);
  return rowText(row, { paint: (_, text) => text, isVerbose, folders: "/work" });
}

const forbids = { blocked: true, success: false, exit_code: 2, stderr: "no rm\n" };

describe("what is shown of a hook", () => {
  it("is a row that says what it did, with what it wrote behind it", () => {
    assert.deepEqual(rowOf({ stdout: "fine\n" }), {
      ...{ type: "notice", id: "00000000-0000-4000-8000-000000000001", reason: "hook" },
      ...{ text: "The hook PreToolUse of terminal ran", summary: "$ ./guard.sh\nfine" },
    });
    assert.deepEqual(rowOf(forbids), {
      ...{ type: "notice", id: "00000000-0000-4000-8000-000000000001", reason: "hook", isTrouble: true },
      ...{ text: "The hook PreToolUse of terminal said no: no rm", summary: "$ ./guard.sh\nno rm" },
    });
  });

  it("is a line of the command line's only when it forbade or failed, or when all is wanted", () => {
    assert.equal(printed({}), "");
    assert.equal(printed({}, true), "The hook PreToolUse of terminal ran\n");
    assert.equal(printed(forbids), "The hook PreToolUse of terminal said no: no rm\n");
    assert.equal(printed({ success: false, exit_code: 1, tool_name: null }), "The hook PreToolUse failed: exit code 1\n");
  });

  it("is shortened for a view, with all that it wrote and read", () => {
    const long = "x".repeat(50_000);
    const short = shortenEvent(hook({ stdout: long, stderr: long, reason: long, hook_input: { message: long } }), 1_000);
    assert.ok(JSON.stringify(short).length < 6_000);
    const event = hook({ stdout: "x", hook_input: { message: "y" } });
    assert.equal(shortenEvent(event, 1_000), event);
  });
});
