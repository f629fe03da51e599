import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { until } from "../support/until.ts";
import { modelKey } from "./playedModel.ts";
import { kinds, refusal, type Stage, startOf, type WireEvent, withStage } from "./server.ts";

describe("runs, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const conversations = () => stage.client.conversations;
  const withoutStats = (events: readonly WireEvent[]) => kinds(events).filter((kind) => !["stats", "last_read_event_id"].includes(kind));

  it("plays a message with a command and an answer, and tells it in the protocol's events and order", async () => {
    const id = await stage.conversation();
    await stage.say(id, "Greet.\n> terminal echo hello\n> say I have greeted.", false);
    assert.equal(await stage.status(id), "idle");
    assert.deepEqual(kinds(await stage.events(id)), ["SystemPromptEvent", "MessageEvent", "last_user_message_id"]);
    assert.deepEqual(await conversations().runConversation(id), { success: true });
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    const events = await stage.events(id);
    assert.deepEqual(withoutStats(events).slice(3), [
      "execution_status",
      "ActionEvent",
      "ObservationEvent",
      "MessageEvent",
      "execution_status",
    ]);
    const usage = events.find(({ key }) => key === "stats")!["value"].usage_to_metrics.agent;
    assert.deepEqual(Object.keys(usage).toSorted(), ["accumulated_cost", "accumulated_token_usage", "max_budget_per_task", "model_name"]);
    assert.deepEqual([usage.model_name, typeof usage.accumulated_cost], ["openai/gpt-4o", "number"]);
    const action = events.find(({ kind }) => kind === "ActionEvent")!;
    const observation = events.find(({ kind }) => kind === "ObservationEvent")!;
    assert.deepEqual([action["tool_name"], action["action"].kind, action["action"].command], ["terminal", "TerminalAction", "echo hello"]);
    assert.deepEqual([observation["action_id"], observation["tool_call_id"]], [action.id, action["tool_call_id"]]);
    assert.deepEqual([observation["observation"].kind, observation["observation"].exit_code], ["TerminalObservation", 0]);
    assert.match(observation["observation"].content[0].text, /hello/);
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "I have greeted." });
    const { stats, last_user_message_id, leaf_event_id } = await conversations().getConversation(id);
    const message = events.find(({ kind, source }) => kind === "MessageEvent" && source === "user")!;
    assert.equal(last_user_message_id, message.id);
    assert.equal(leaf_event_id, events.findLast(({ kind }) => kind === "MessageEvent")!.id);
    const { agent } = (stats as unknown as { usage_to_metrics: Record<string, { accumulated_token_usage: { prompt_tokens: number } }> })
      .usage_to_metrics;
    assert.ok(agent!.accumulated_token_usage.prompt_tokens > 0);
    assert.ok(events.every(({ timestamp }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/.test(timestamp)));
  });

  it("shows nothing of our own in an event, and no key anywhere", async () => {
    const id = await stage.conversation();
    await stage.play(id, "Do.\n> terminal echo hi\n> finish All done.");
    const events = await stage.events(id);
    const text = JSON.stringify([events, await conversations().getConversation(id)]) + stage.server.log();
    assert.doesNotMatch(text, /"reasoning_ms"|"risk_reason"|"granted"/);
    assert.ok(!text.includes(modelKey));
    for (const { key } of events)
      assert.ok(!["id", "workspace", "agent", "runtime", "limits", "title", "head"].includes(String(key)), String(key));
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "All done." });
  });

  it("edits a file where the conversation is", async () => {
    const id = await stage.conversation();
    const file = path.join(stage.workspace, "written.txt");
    await stage.play(id, `Write.\n> write ${file} some text\n> say Written.`);
    assert.equal(await readFile(file, "utf8"), "some text\n");
    const action = (await stage.events(id)).find(({ kind }) => kind === "ActionEvent");
    assert.deepEqual([action?.["action"].kind, action?.["action"].command, action?.["action"].path], ["FileEditorAction", "create", file]);
  });

  it("runs an initial message right away, whatever its run says", async () => {
    const initial_message = { role: "user", content: [{ type: "text", text: "Hello.\n> say Hi." }], run: false };
    const { id } = await conversations().createConversation(startOf(stage, { initial_message }));
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "Hi." });
  });

  it("§10.8 refuses a second run while one is going, and takes an acceptance then", async () => {
    const id = await stage.conversation();
    await stage.say(id, "Wait.\n> hold busy say Done.");
    await stage.model.asked("busy");
    assert.equal(await refusal(conversations().runConversation(id)), 409);
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/events/respond_to_confirmation`, { accept: true })).status, 200);
    stage.model.release("busy");
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    assert.deepEqual(await conversations().runConversation(id), { success: true });
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
  });

  it("§10.9 answers a message that came during the last answer, with exactly one more run", async () => {
    const id = await stage.conversation();
    await stage.say(id, "One.\n> hold last say First.");
    await stage.model.asked("last");
    await stage.say(id, "Two.\n> say Second.");
    stage.model.release("last");
    const events = async () => (await stage.events(id)).filter(({ kind, source }) => kind === "MessageEvent" && source === "agent");
    await until("the conversation to come that far", async () => (await events()).length === 2 && (await stage.status(id)) === "finished");
    assert.deepEqual(
      (await events()).map((event) => event["llm_message"].content[0].text),
      ["First.", "Second."],
    );
  });

  it("§10.10 does not run for a message that came then with run:false", async () => {
    const id = await stage.conversation();
    await stage.say(id, "One.\n> hold alone say First.");
    await stage.model.asked("alone");
    await stage.say(id, "Two.\n> say Second.", false);
    stage.model.release("alone");
    await until("the conversation to come that far", async () => (await stage.status(id)) !== "running");
    const said = (await stage.events(id)).filter(({ kind, source }) => kind === "MessageEvent" && source === "agent");
    assert.deepEqual(
      said.map((event) => event["llm_message"].content[0].text),
      ["First."],
    );
    assert.ok(["finished", "idle"].includes(await stage.status(id)));
  });

  it("§10.11 runs no more for a message that waited when the run is interrupted or paused", async () => {
    for (const stop of ["interrupt", "pause"] as const) {
      const id = await stage.conversation();
      await stage.say(id, `One.\n> hold ${stop} say First.`);
      await stage.model.asked(stop);
      await stage.say(id, "Two.\n> say Second.");
      if (stop === "interrupt") await conversations().interruptConversation(id);
      else await conversations().pauseConversation(id);
      stage.model.release(stop);
      assert.equal(await stage.untilStatus(id, "paused", "finished", "error"), "paused", stop);
      const texts = (await stage.events(id)).map((event) => event["llm_message"]?.content[0].text);
      assert.ok(!texts.includes("Second."), stop);
    }
  });

  it("interrupts a command: it is answered, the state is paused, and a run goes on", async () => {
    const id = await stage.conversation();
    await stage.say(id, "Sleep.\n> terminal sleep 60\n> say Slept.");
    await until("the conversation to come that far", async () => (await stage.events(id)).some(({ kind }) => kind === "ActionEvent"));
    assert.deepEqual(await conversations().interruptConversation(id), { success: true });
    assert.equal(await stage.status(id), "paused");
    const found = kinds(await stage.events(id));
    assert.ok(found.includes("InterruptEvent"));
    assert.ok(found.includes("AgentErrorEvent") || found.includes("ObservationEvent"));
    await conversations().runConversation(id);
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
  });

  it("pauses after the step that is going, and goes on with run", async () => {
    const id = await stage.conversation();
    await stage.say(id, "Two steps.\n> hold step terminal echo one\n> say Done.");
    await stage.model.asked("step");
    assert.deepEqual(await conversations().pauseConversation(id), { success: true });
    stage.model.release("step");
    assert.equal(await stage.untilStatus(id, "paused"), "paused");
    await until("the conversation to come that far", async () => kinds(await stage.events(id)).includes("PauseEvent"));
    await conversations().runConversation(id);
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    const idle = await stage.conversation();
    await conversations().pauseConversation(idle);
    assert.equal(await stage.status(idle), "paused");
  });

  it("§10.13 ends a run that fails in error, with exactly one event that says so", async () => {
    const id = await stage.conversation();
    assert.equal(await stage.play(id, "Fail.\n> fail 400 no such thing"), "error");
    const errors = (await stage.events(id)).filter(({ kind }) => kind === "ConversationErrorEvent");
    assert.equal(errors.length, 1);
    assert.deepEqual([typeof errors[0]!["code"], typeof errors[0]!["detail"], errors[0]!["source"]], ["string", "string", "environment"]);
    const start = await stage.conversation({
      agent: { kind: "Agent", llm: stage.model.llm({ base_url: "http://127.0.0.1:9/v1" }), tools: [] },
    });
    assert.equal(await stage.play(start, "Nobody is there."), "error");
    assert.equal((await stage.events(start)).filter(({ kind }) => kind === "ConversationErrorEvent").length, 1);
  });

  it("stops at the limit of its steps", async () => {
    const id = await stage.conversation({ max_iterations: 2 });
    const many = Array.from({ length: 4 }, (_, index) => `> terminal echo ${index}`).join("\n");
    assert.equal(await stage.play(id, `Many.\n${many}`), "error");
    const error = (await stage.events(id)).find(({ kind }) => kind === "ConversationErrorEvent");
    assert.equal(error?.["code"], "MaxIterationsReached");
  });

  it("§10.46 answers a call of no tool, and one with wrong arguments, with an error of the same call", async () => {
    const id = await stage.conversation();
    assert.equal(await stage.play(id, 'Err.\n> call nosuch {"a":1}\n> call terminal {"command":5}\n> say Enough.'), "finished");
    const events = await stage.events(id);
    const calls = events.filter(({ kind }) => kind === "ActionEvent");
    const errors = events.filter(({ kind }) => kind === "AgentErrorEvent");
    assert.deepEqual(
      calls.map((call) => [call["tool_name"], call["action"]]),
      [
        ["nosuch", undefined],
        ["terminal", undefined],
      ],
    );
    assert.deepEqual(
      errors.map((error) => error["tool_call_id"]),
      calls.map((call) => call["tool_call_id"]),
    );
    for (const error of errors) assert.deepEqual(error["classification"], { kind: "agent_action", retryable: true, user_action: "retry" });
  });

  it("§10.47 goes on after a thought without words, and ends with words alone", async () => {
    const id = await stage.conversation();
    assert.equal(await stage.play(id, "Think.\n> think I should think.\n> say I thought."), "finished");
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "I thought." });
  });

  it("§10.48 tells the results of several calls in the order of the calls, and nothing after finish", async () => {
    const id = await stage.conversation();
    const calls = JSON.stringify([
      ["terminal", { command: "sleep 0.3; echo first" }],
      ["file_editor", { command: "view", path: stage.workspace }],
      ["terminal", { command: "echo third" }],
    ]);
    const ending = JSON.stringify([
      ["finish", { message: "Over." }],
      ["terminal", { command: "echo never" }],
    ]);
    assert.equal(await stage.play(id, `Batch.\n> calls ${calls}\n> calls ${ending}`), "finished");
    const events = await stage.events(id);
    const actions = events.filter(({ kind }) => kind === "ActionEvent");
    const results = events.filter(({ kind }) => kind === "ObservationEvent" || kind === "AgentErrorEvent");
    assert.deepEqual(
      results.slice(0, 3).map((event) => event["tool_call_id"]),
      actions.slice(0, 3).map((event) => event["tool_call_id"]),
    );
    assert.ok(!results.some((event) => JSON.stringify(event["observation"] ?? "").includes("never\\n")));
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "Over." });
  });

  it("§10.51 §10.52 keeps the risk and the summary out of the action", async () => {
    const id = await stage.conversation();
    await stage.play(id, "Act.\n> terminal true\n> say Done.");
    const action = (await stage.events(id)).find(({ kind }) => kind === "ActionEvent")!;
    assert.deepEqual(
      Object.keys(action["action"]).filter((name) => ["security_risk", "summary"].includes(name)),
      [],
    );
    assert.equal(action["summary"], "run a command");
    assert.match(action["tool_call"].arguments, /security_risk/);
  });
});
