import assert from "node:assert/strict";
import fc from "fast-check";
import { localTimestamp } from "../../../src/conversation/localTimestamp.ts";
import { displayAction, displayDuration, relativePath, resultText } from "../../../src/protocol/display.ts";
import { parseEvent } from "../../../src/protocol/events.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import type { Notification } from "../../../src/protocol/notifications.ts";
import { type ActionRow, actionsToConfirm, initialView, reduceView, type View } from "../../../src/protocol/view.ts";
import { knownEvents } from "./examples.ts";

const conversationId = ConversationId.parse("b0c8f1a2-0000-4000-8000-000000000000");
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const at = (second: number): string => `2026-01-05T10:00:${String(second).padStart(2, "0")}.000000`;

/** Events of a conversation, one each second. */
function told(...drafts: readonly Readonly<Record<string, unknown>>[]): Notification[] {
  return drafts.map((draft, seq) => ({
    type: "event.appended",
    conversationId,
    seq,
    event: parseEvent({ id: id(seq), timestamp: at(seq), source: "agent", ...draft }),
  }));
}

const show = (notifications: readonly Notification[]): View => notifications.reduce(reduceView, initialView);
const status = (value: string) => ({ kind: "ConversationStateUpdateEvent", source: "environment", key: "execution_status", value });
const message = (source: "user" | "agent", text: string, reasoning_content?: string) => ({
  kind: "MessageEvent",
  source,
  llm_message: { role: source === "user" ? "user" : "assistant", content: [{ type: "text", text }], reasoning_content },
  activated_skills: [],
  extended_content: [],
});
const action = (call: string, made: object, thought = "") => ({
  kind: "ActionEvent",
  thought: thought ? [{ type: "text", text: thought }] : [],
  thinking_blocks: [],
  action: made,
  tool_name: "some_tool",
  tool_call_id: call,
  tool_call: { id: call, name: "some_tool", arguments: "{}", origin: "completion" },
  llm_response_id: "r",
  security_risk: "LOW",
});
const run = (command: string) => ({ kind: "TerminalAction", command });
const observed = (action_id: number, exit_code: number | undefined, text = "out", is_error = false) => ({
  kind: "ObservationEvent",
  source: "environment",
  tool_name: "terminal",
  tool_call_id: "c",
  action_id: id(action_id),
  extended_content: [],
  observation: {
    ...{ kind: "TerminalObservation", content: [{ type: "text", text }], is_error, exit_code, timeout: false },
    metadata: { exit_code: exit_code ?? -1, pid: -1, prefix: "", suffix: "" },
  },
});
const rejected = (action_id: number) => ({
  ...{ kind: "UserRejectObservation", source: "environment", tool_name: "t", tool_call_id: "c", action_id: id(action_id) },
  ...{ rejection_reason: "too risky", rejection_source: "user" },
});
const delta = (content: string): Notification => ({ type: "delta", conversationId, content });

describe("the view of a conversation", () => {
  const story = told(
    message("user", "Go"),
    status("running"),
    action("a", run("ls"), "I look."),
    observed(2, 0),
    message("agent", "Done."),
    status("finished"),
  );

  it("draws nothing twice, however often events are told again", () => {
    const whole = show(story);
    fc.assert(
      fc.property(fc.array(fc.nat(story.length - 1), { maxLength: 8 }), (again) => {
        const stuttered = story.flatMap((notification, seq) => [
          notification,
          ...again.filter((index) => index <= seq).flatMap((index) => story[index] ?? []),
        ]);
        assert.deepEqual(show(stuttered), whole);
      }),
    );
    assert.deepEqual(
      whole.rows.map(({ type }) => type),
      ["user", "agent", "action", "agent"],
    );
    const { statusSince, runStartedAt } = whole.state.progress;
    assert.deepEqual([whole.lastSeq, statusSince, runStartedAt, whole.lastEventAt], [5, at(5), at(1), at(5)]);
  });

  it("shows a reply while it is written, and the event in its place once it is there", () => {
    const [user, running, ...rest] = story as [Notification, Notification, ...Notification[]];
    const writing = show([user, running, delta("I "), { type: "delta", conversationId, reasoning_content: "Hm" }, delta("look.")]);
    assert.deepEqual(writing.streaming, { text: "I look.", reasoning: "Hm" });
    const waiting = reduceView(writing, { type: "llm.waiting", conversationId, reason: "busy", retryInMs: 1000 });
    assert.deepEqual([waiting.streaming.text, waiting.waiting], ["", { reason: "busy", retryInMs: 1000 }]);
    assert.equal(reduceView(waiting, delta("I")).waiting, undefined);
    assert.deepEqual(rest.reduce(reduceView, writing), show(story));
  });

  it("shows the output of a command while it runs, its newest 20,000 characters, and the result in its place", () => {
    const running = show(story.slice(0, 3));
    const output = (text: string): Notification => ({
      type: "terminal.output",
      conversationId,
      actionId: parseEvent(knownEvents[0]).id,
      text,
    });
    const row = (view: View): ActionRow | undefined => view.rows.findLast((each) => each.type === "action");
    const own = { ...output("x".repeat(19_999)), actionId: row(running)?.event.id } as Notification;
    const shown = [own, output("of another"), { ...own, text: "yz" } as Notification].reduce(reduceView, running);
    assert.equal(row(shown)?.liveOutput, `${"x".repeat(19_998)}yz`);
    assert.equal(row(reduceView(shown, story[3] as Notification))?.liveOutput, "");
  });

  it("asks for the pending actions, starts their clock when they are approved, and shows a rejection", () => {
    const asked = told(
      message("user", "Go"),
      status("running"),
      action("a", run("ls")),
      action("b", run("rm")),
      status("waiting_for_confirmation"),
    );
    assert.deepEqual(
      actionsToConfirm(show(asked)).map((event) => event.tool_call_id),
      ["a", "b"],
    );
    assert.deepEqual(actionsToConfirm(show(asked.slice(0, 4))), []);
    const parts = [
      message("user", "Go"),
      status("running"),
      action("a", run("ls")),
      action("b", run("rm")),
      status("waiting_for_confirmation"),
    ];
    const approved = show(told(...parts, status("running")));
    assert.deepEqual(
      approved.rows.map((row) => (row.type === "action" ? row.startedAt : "")),
      ["", at(5), at(5)],
    );
    assert.equal(approved.state.progress.runStartedAt, at(1));
    const refused = show(told(...parts, rejected(2), rejected(3), status("idle")));
    assert.deepEqual(
      refused.rows.map((row) => (row.type === "action" ? displayAction(row, "/").status : "")),
      ["", "rejected", "rejected"],
    );
  });

  it("says how many steps were done before it was stopped", () => {
    const stopped = (...middle: readonly Readonly<Record<string, unknown>>[]) =>
      show(told(message("user", "Go"), ...middle, { kind: "InterruptEvent", source: "user" })).rows.at(-1);
    const notice = (seq: number, text: string) => ({ type: "notice", id: id(seq), reason: "stop", text });
    assert.deepEqual(stopped(), notice(1, "Stopped by you after 0 steps. The changes are kept."));
    assert.deepEqual(stopped(action("a", run("x"))), notice(2, "Stopped by you after 1 step. The changes are kept."));
    assert.deepEqual(
      stopped(action("a", run("x")), action("b", run("x"))),
      notice(3, "Stopped by you after 2 steps. The changes are kept."),
    );
  });

  it("has no row for an answer without words", () => {
    assert.deepEqual(show(told(message("user", "Go"), message("agent", " \n"))).rows.length, 1);
    assert.deepEqual(show(told(message("user", "Go"), message("agent", "", "Hm"))).rows.length, 2);
  });

  it("keeps one row for each thing that went wrong", () => {
    const trouble: Notification = { type: "trouble", conversationId, message: "The disk is full." };
    const view = [...story, trouble, trouble].reduce(reduceView, initialView);
    assert.deepEqual(new Set(view.rows.map((row) => row.id)).size, view.rows.length);
    assert.deepEqual(
      view.rows.slice(-2).map((row) => row.type === "error" && row.detail),
      ["The disk is full.", "The disk is full."],
    );
  });
});

describe("an action in words", () => {
  const words = (made: object, ...results: readonly Readonly<Record<string, unknown>>[]): string => {
    const row = show(told(action("a", made), ...results)).rows.find((each): each is ActionRow => each.type === "action");
    if (!row) return "no row";
    const { icon, verb, plan, target, outcome, status: state, isReadOnly } = displayAction(row, "/work");
    return [plan, verb, target, outcome, state, icon, isReadOnly ? "looks only" : ""].join(" | ");
  };
  const edited = (command: string, old_content: string, new_content: string) => ({
    ...observed(0, 0),
    observation: {
      kind: "FileEditorObservation",
      content: [{ type: "text", text: "" }],
      is_error: false,
      command,
      prev_exist: true,
      old_content,
      new_content,
    },
  });

  const found = { pattern: "*", search_path: "/work" };
  const observedAs = (kind: string, rest: object) => ({ ...observed(0, 0), observation: { kind, content: [], is_error: false, ...rest } });

  it("says what is planned, what goes on and what came of it", () => {
    const view = { kind: "FileEditorAction", command: "view", path: "/work/src/a.ts" };
    const replace = { ...view, command: "str_replace" };
    assert.deepEqual(
      [
        words(run("npm test")),
        words(run("npm test"), observed(0, 0)),
        words(run("npm test"), observed(0, 1)),
        words(run("npm test"), observed(0, -1)),
        words(run("npm test"), observed(0, undefined, "busy", true)),
        words(run("npm test"), rejected(0)),
        words(run("")),
        words({ ...run("C-c"), is_input: true }),
        words({ ...run(""), reset: true }),
        words(view),
        words(replace, edited("str_replace", "a\nb\n", "a\nc\nd\n")),
        words({ ...view, command: "create", path: "/elsewhere/b" }, edited("create", "", "x\n")),
        words({ ...view, command: "insert" }),
        words({ ...view, command: "undo_edit" }),
        words({ kind: "ThinkAction", thought: "hm" }),
        words({ kind: "FinishAction", message: "done" }),
        words({ kind: "GrepAction", pattern: "a+" }, observedAs("GrepObservation", { ...found, matches: ["/work/a"], truncated: false })),
        words(
          { kind: "GlobAction", pattern: "*" },
          observedAs("GlobObservation", { ...found, files: ["/work/a", "/work/b"], truncated: true }),
        ),
        words(
          { kind: "TaskTrackerAction", command: "plan" },
          observedAs("TaskTrackerObservation", { command: "plan", task_list: [{ title: "a", status: "done" }, { title: "b" }] }),
        ),
        words({ kind: "TaskTrackerAction" }),
        words({ kind: "MCPToolAction", data: {} }),
      ],
      [
        "Run | Running | npm test |  | open | terminal | ",
        "Run | Ran | npm test |  | done | terminal | ",
        "Run | Ran | npm test | exit code 1 | failed | terminal | ",
        "Run | Ran | npm test | still running | done | terminal | ",
        "Run | Ran | npm test |  | failed | terminal | ",
        "Run | Running | npm test | rejected | rejected | terminal | ",
        "Wait for the command | Waiting for the command |  |  | open | terminal | ",
        "Type | Typing | C-c |  | open | terminal | ",
        "Restart the terminal | Restarting the terminal |  |  | open | terminal | ",
        "Read | Reading | src/a.ts |  | open | go-to-file | looks only",
        "Edit | Edited | src/a.ts | +2 −1 | done | edit | ",
        "Create | Created | /elsewhere/b | +1 −0 | done | new-file | ",
        "Edit | Editing | src/a.ts |  | open | edit | ",
        "Undo the last edit of | Undoing the last edit of | src/a.ts |  | open | discard | ",
        "Think | Thinking |  |  | open | lightbulb | looks only",
        "Finish | Finishing |  |  | open | check-all | ",
        "Search for | Searched for | a+ | 1 file | done | search | looks only",
        "Find files | Found files | * | 2 files or more | done | files | looks only",
        "Update the task list | Updated the task list |  | 1 of 2 done | done | checklist | ",
        "Look at the task list | Looking at the task list |  |  | open | checklist | ",
        "Call | Calling | some_tool |  | open | tools | ",
      ],
    );
  });

  it("has the result as the model saw it", () => {
    const textOf = (result: Readonly<Record<string, unknown>>) => {
      const row = show(told(action("c", run("x")), result)).rows[0];
      return row?.type === "action" ? resultText(row.result) : "no row";
    };
    const error = { ...knownEvents.find((event) => event["kind"] === "AgentErrorEvent"), id: id(1), tool_call_id: "c" };
    assert.deepEqual(
      [textOf(observed(0, 0)), textOf(rejected(0)), textOf(error)],
      ["out", "too risky", "unknown tool nosuch; available: terminal, finish"],
    );
    assert.equal(resultText(undefined), "");
  });

  it("has durations that read well at every edge", () => {
    const start = Date.parse(at(0));
    const lasting = (ms: number): string => displayDuration(at(0), localTimestamp(new Date(start + ms)));
    assert.deepEqual([0, 440, 9_949, 9_960, 12_300, 59_400, 59_600, 60_000, 119_700, 185_000, -5].map(lasting), [
      "0.0 s",
      "0.4 s",
      "9.9 s",
      "10 s",
      "12 s",
      "59 s",
      "1 min 0 s",
      "1 min 0 s",
      "2 min 0 s",
      "3 min 5 s",
      "0.0 s",
    ]);
    assert.equal(displayDuration("", at(1)), "");
  });

  it("shortens paths in the workspace only", () => {
    assert.deepEqual(
      ["/work", "/work/a/b", "/workshop/a", "/a", "a"].map((path) => relativePath(path, "/work")),
      [".", "a/b", "/workshop/a", "/a", "a"],
    );
  });
});
