import assert from "node:assert/strict";
import { needsConfirmation } from "../../../src/agent/confirmation.ts";
import type { TaskTrackerObservation } from "../../../src/protocol/actions.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { type ActionEvent, type Event, parseEvent } from "../../../src/protocol/events.ts";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { taskTrackerTool } from "../../../src/tools/taskTracker.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { signal, unheard } from "./editor.ts";

const runtime = openMemoryRuntime({ workingDir: "/work" });

async function use(tool: Tool, args: object): Promise<TaskTrackerObservation & { said: string }> {
  const seen = (await tool.run(tool.parse({ ...args }), { runtime, signal, ...unheard })) as TaskTrackerObservation;
  return { ...seen, said: textOf(seen.content) };
}

function observed(observation: TaskTrackerObservation): Event {
  const common = {
    id: "0b000000",
    timestamp: "2026-01-05T09:56:09.438718",
    source: "environment",
    tool_name: "task_tracker",
    tool_call_id: "c",
  };
  return parseEvent({ kind: "ObservationEvent", ...common, action_id: "ac000000", extended_content: [], observation });
}

const plan = {
  command: "plan",
  task_list: [{ title: "Look", status: "done" }, { title: "Mend", notes: "in add()", status: "in_progress" }, { title: "Test" }],
};

describe("the task tracker", () => {
  it("shows the list with an icon for each status", async () => {
    const tool = taskTrackerTool([]);
    assert.equal((await use(tool, {})).said, "There are no tasks on the list.");
    const list = "1. ✅ Look\n2. 🔄 Mend\n   in add()\n3. ⏳ Test";
    assert.equal((await use(tool, plan)).said, `The list is updated:\n${list}`);
    const { said, task_list } = await use(tool, { command: "view" });
    assert.equal(said, list);
    assert.deepEqual(task_list[2], { title: "Test", notes: "", status: "todo" });
  });

  it("has its list again when the conversation is reopened", async () => {
    const { said: _, ...observation } = await use(taskTrackerTool([]), plan);
    const { said: __, ...older } = await use(taskTrackerTool([]), { command: "plan", task_list: [{ title: "Old" }] });
    assert.match((await use(taskTrackerTool([observed(older), observed(observation)]), { command: "view" })).said, /^1\. ✅ Look/);
  });

  it("keeps its list when a new one cannot be taken, and says why", async () => {
    const tool = taskTrackerTool([]);
    await use(tool, plan);
    for (const [task_list, why] of [
      [undefined, /needs task_list/],
      [[{ title: "a" }, { title: " " }], /Task 2 has no title/],
      [Array.from({ length: 101 }, () => ({ title: "a" })), /at most 100/],
    ] as const) {
      const { said, is_error } = await use(tool, { command: "plan", task_list });
      assert.ok(is_error && why.test(said), said);
    }
    assert.match((await use(tool, {})).said, /^1\. ✅ Look/);
    assert.throws(() => tool.parse({ command: "plan", task_list: [{ title: "a", status: "half" }] }), /task_list\.0\.status/);
  });

  it("never asks", async () => {
    const tool = taskTrackerTool([]);
    const event = { kind: "ActionEvent", action: tool.parse(plan), security_risk: "LOW" } as unknown as ActionEvent;
    assert.equal(needsConfirmation(confirmPolicies.always, [event]), false);
    assert.deepEqual([await tool.risk(tool.parse(plan), { runtime, signal }), tool.isReadOnly], [{ level: "LOW" }, true]);
  });
});
