import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { statusEvent } from "../../../src/agent/endings.ts";
import type { EventDraft } from "../../../src/conversation/conversation.ts";
import { stateUpdate } from "../../../src/conversation/stamp.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import { textContent } from "../../../src/protocol/content.ts";
import type { Event } from "../../../src/protocol/events.ts";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import { stateKeys } from "../../../src/protocol/state.ts";
import { playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, startOf, tempFolder } from "../../support/workspaces.ts";
import { statuses } from "./hostActions.ts";

const call = (id: string): EventDraft => ({
  kind: "ActionEvent",
  source: "agent",
  thought: [],
  thinking_blocks: [],
  tool_name: "terminal",
  tool_call_id: id,
  tool_call: { id, name: "terminal", arguments: '{"command":"ls"}', origin: "completion" },
  action: { kind: "TerminalAction", command: "ls", is_input: false, reset: false },
  llm_response_id: "reply",
  security_risk: "LOW",
});
const failure = (id: string): EventDraft => ({
  kind: "AgentErrorEvent",
  source: "agent",
  tool_name: "terminal",
  tool_call_id: id,
  error: "It was stopped.",
  classification: { kind: "agent_action", retryable: true, user_action: "retry" },
});
const message: EventDraft = {
  kind: "MessageEvent",
  source: "user",
  llm_message: { role: "user", content: [textContent("Go")], thinking_blocks: [] },
  activated_skills: [],
  extended_content: [],
};

interface Left {
  readonly folder: string;
  readonly id: ConversationId;
}

/** What a host has left that died right after these. */
async function leave(folder: string, ...drafts: readonly EventDraft[]): Promise<Left> {
  const start = startOf();
  await using conversation = await new ConversationStore(folder).create(start);
  await conversation.append(message, ...drafts);
  return { folder, id: conversation.id };
}

/** Opens it as a host would that starts, twice: the second time nothing is left to do. */
async function recovered({ folder: storeFolder, id }: Left): Promise<Event[]> {
  for (let time = 0; ; time++) {
    await using host = await openTestHost({ storeFolder, id });
    const errors = host.events().filter(({ kind }) => kind === "AgentErrorEvent");
    assert.equal((await host.host.look(id)).state.pending.length, 0);
    if (time === 1) return errors;
  }
}

const parentOf = (event: Event | undefined, folder: string, id: ConversationId): Promise<string> =>
  readFile(path.join(folder, id, "events.jsonl"), "utf8").then((log) => {
    const line = log.split("\n").find((record) => record.includes(`"id":"${event?.parent_id ?? "none"}"`)) ?? "";
    return /"tool_call_id":"(\w+)"/.exec(line)?.[1] ?? "";
  });

describe("a conversation whose host died", () => {
  it("§10.34 says once of its last action that nobody knows what came of it, behind the action", async () => {
    await using folder = await tempFolder();
    const left = await leave(folder.path, statusEvent("running"), call("one"));
    const errors = await recovered(left);
    assert.equal(errors.length, 1);
    const [error] = errors;
    assert.ok(error?.kind === "AgentErrorEvent" && error.tool_call_id === "one");
    assert.deepEqual(error.classification, { kind: "internal", retryable: false, user_action: "none" });
    assert.equal(await parentOf(error, folder.path, left.id), "one");
  });

  it("§10.34 says nothing of a call that has a result", async () => {
    await using folder = await tempFolder();
    assert.equal((await recovered(await leave(folder.path, statusEvent("running"), call("one"), failure("one")))).length, 1);
  });

  it("says it once of each of several, because the model is told of every call exactly once", async () => {
    await using folder = await tempFolder();
    const errors = await recovered(
      await leave(folder.path, statusEvent("running"), call("one"), call("two"), failure("one"), call("three")),
    );
    assert.deepEqual(
      errors.map((event) => event.kind === "AgentErrorEvent" && event.tool_call_id),
      ["one", "two", "three"],
    );
  });

  it("§10.34 says nothing of what is on a branch that was left", async () => {
    await using folder = await tempFolder();
    const left = await leave(folder.path, statusEvent("running"), call("one"), stateUpdate(stateKeys.head, null), message);
    assert.deepEqual(await recovered(left), []);
  });

  it("§10.35 is not touched when it was not running, and opens as it was", async () => {
    for (const status of ["idle", "paused", "finished", "stuck", "error", "waiting_for_confirmation"] as const) {
      await using folder = await tempFolder();
      const { id } = await leave(folder.path, statusEvent("running"), call("one"), statusEvent(status));
      const file = path.join(folder.path, id, "events.jsonl");
      const before = await readFile(file, "utf8");
      {
        await using host = await openTestHost({ storeFolder: folder.path, id });
        assert.equal((await host.host.look(id)).state.execution_status, status);
      }
      assert.equal(await readFile(file, "utf8"), before, status);
    }
  });

  it("never runs again what is left of a run that was over", async () => {
    await using folder = await tempFolder();
    const { id } = await leave(folder.path, statusEvent("running"), call("one"), statusEvent("error"));
    const commands = (): never => assert.fail("it ran");
    await using host = await openTestHost({ storeFolder: folder.path, id, llm: playedLlm([say("Looked.")]), commands });
    await host.send("Go on");
    await host.host.settled(id);
    assert.deepEqual(statuses(host).slice(-2), ["running", "finished"]);
    assert.match(JSON.stringify(host.events()), /Its outcome is unknown/);
  });
});
