import assert from "node:assert/strict";
import { LlmError } from "../../../src/llm/llmError.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { bash, call, gate, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";
import { interrupt, kinds, statuses } from "./hostActions.ts";

const keep = (host: TestHost, text: string): Promise<void> =>
  host.host.handle({ type: "message.send", conversationId: host.id, text, run: false });
const pause = (host: TestHost): Promise<void> => host.host.handle({ type: "run.pause", conversationId: host.id });
const start = (host: TestHost): Promise<void> => host.host.handle({ type: "run.start", conversationId: host.id });
const isStatus = (event: Event, status: string): boolean =>
  event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" && event.value === status;

/** Does `work` in the wind-down of the run: its end is told, and it is not over. */
async function inWindDown(host: TestHost, work: () => Promise<unknown>): Promise<void> {
  const done = Promise.withResolvers<unknown>();
  let isFirst = true;
  await host.host.subscribe(host.id, host.events().length - 1, (heard) => {
    if (!isFirst || heard.type !== "event.appended" || !isStatus(heard.event, "finished")) return;
    isFirst = false;
    done.resolve(work());
  });
  await host.send("Go");
  await done.promise;
  await host.host.settled(host.id);
}

describe("what a message asks for", () => {
  it("§10.9 is one more run when it comes in the wind-down of one", async () => {
    const llm = playedLlm([say("Done."), say("That, too.")]);
    await using host = await openTestHost({ llm });
    await inWindDown(host, () => host.send("And that"));
    assert.deepEqual(statuses(host), ["running", "finished", "running", "finished"]);
    assert.equal(llm.requests.length, 2);
  });

  it("§10.10 is nothing with run:false, in the wind-down, while the last reply is written, and afterwards", async () => {
    const held = gate();
    const llm = playedLlm([say("Done."), { text: "Again.", gate: held }, say("Now I read it.")]);
    await using host = await openTestHost({ llm });
    await inWindDown(host, () => keep(host, "For later"));
    assert.deepEqual(statuses(host), ["running", "finished", "idle"]);
    await host.send("Go on");
    await held.reached;
    await keep(host, "While you write");
    held.release();
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host).slice(3), ["running", "finished"]);
    assert.equal(llm.requests.length, 2);
    // It is not stranded: a run is begun for it by whoever wants it.
    await start(host);
    await host.host.settled(host.id);
    assert.equal(llm.requests.length, 3);
    assert.match(JSON.stringify(llm.requests[2]?.messages.at(-1)), /While you write/);
    await start(host);
    await host.host.settled(host.id);
    assert.equal(llm.requests.length, 3, "a run without a new message does nothing");
  });

  it("§10.11 is not done when the person pauses or stops at once after it", async () => {
    for (const stop of [pause, interrupt]) {
      const llm = playedLlm([say("Done."), say("Never.")]);
      await using host = await openTestHost({ llm });
      await inWindDown(host, () => Promise.all([host.send("And that"), stop(host)]));
      assert.equal(llm.requests.length, 1, stop.name);
    }
  });

  it("§10.12 is answered before its end is told", async () => {
    await using host = await openTestHost({ llm: playedLlm([call(bash("echo hi")), say("Done.")]) });
    await host.send("Go");
    await host.host.settled(host.id);
    const events = host.events();
    assert.ok(isStatus(events.at(-1) ?? assert.fail(), "finished"));
    assert.equal(events.filter((event) => isStatus(event, "finished")).length, 1);
  });

  it("makes a finished conversation idle, and a stuck one, but not one that has failed", async () => {
    const llm = playedLlm([...Array.from({ length: 4 }, () => call(bash("echo same"))), new LlmError("LLMBadRequestError", "No.")]);
    await using host = await openTestHost({ llm, commands: () => ({ output: "same", exitCode: 0 }) });
    await host.send("Go");
    await host.host.settled(host.id);
    await keep(host, "Do it otherwise");
    await start(host);
    await host.host.settled(host.id);
    await keep(host, "Hm");
    assert.deepEqual(statuses(host), ["running", "stuck", "idle", "running", "error"]);
  });

  it("pauses what only stands there, once, also when it is stopped", async () => {
    await using host = await openTestHost({ llm: playedLlm([]) });
    await keep(host, "For later");
    await interrupt(host);
    await pause(host);
    assert.deepEqual(statuses(host), ["paused"]);
    assert.deepEqual(kinds(host), ["MessageEvent", "PauseEvent"]);
  });

  it("§2.2 is cut off by an interrupt: results of what was left open, the status, then the interrupt", async () => {
    const llm = playedLlm([call(bash("sleep 1000"), bash("echo never"))]);
    await using host = await openTestHost({ llm });
    await host.send("Go");
    await host.until(
      (heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent" && heard.event.tool_call_id === "call_0_1",
    );
    await interrupt(host);
    const last = host.events().slice(-4);
    assert.deepEqual(
      last.map((event) => (event.kind === "ConversationStateUpdateEvent" ? event.value : event.kind)),
      ["AgentErrorEvent", "AgentErrorEvent", "paused", "InterruptEvent"],
    );
  });
});

describe("a run that fails", () => {
  it("§10.13 says so once, in the middle and where its agent could not be made", async () => {
    const errors = (host: TestHost): number => kinds(host).filter((kind) => kind === "ConversationErrorEvent").length;
    await using broken = await openTestHost({ llm: playedLlm([new Error("a fault of ours")]) });
    await broken.send("Go");
    await broken.host.settled(broken.id);
    assert.deepEqual([statuses(broken), errors(broken)], [["running", "error"], 1]);
    const agentOf = (): Promise<never> => Promise.reject(new Error("There is no tool warp_drive."));
    await using unmade = await openTestHost({ llm: playedLlm([]), host: { agentOf } });
    await unmade.send("Go");
    await unmade.host.settled(unmade.id);
    assert.deepEqual([kinds(unmade), statuses(unmade)], [["MessageEvent", "ConversationErrorEvent"], ["error"]]);
    assert.match(JSON.stringify(unmade.events()), /There is no tool warp_drive\./);
  });
});

describe("a reply of several calls", () => {
  it("§10.45 has what was said and thought on its first action only", async () => {
    const turn = { text: "Two things.", reasoning: "Both are needed.", calls: [bash("echo a"), bash("echo b")] };
    await using host = await openTestHost({ llm: playedLlm([turn, say("Done.")]) });
    await host.send("Go");
    await host.host.settled(host.id);
    const actions = host.events().filter((event) => event.kind === "ActionEvent");
    assert.deepEqual(
      actions.map(({ thought, reasoning_content }) => [thought.map(({ text }) => text), reasoning_content]),
      [
        [["Two things."], "Both are needed."],
        [[], undefined],
      ],
    );
    assert.equal(new Set(actions.map(({ llm_response_id }) => llm_response_id)).size, 1);
  });
});
