import assert from "node:assert/strict";
import { kinds, type Stage, withStage } from "./server.ts";

describe("confirmation, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const conversations = () => stage.client.conversations;
  const always = { confirmation_policy: { kind: "AlwaysConfirm" } };
  const of = async (id: string, kind: string) => (await stage.events(id)).filter((event) => event.kind === kind);

  it("waits before an action, and accepted runs exactly that", async () => {
    const id = await stage.conversation(always);
    assert.equal(await stage.play(id, "Ask.\n> terminal echo accepted\n> say Done."), "waiting_for_confirmation");
    assert.equal((await of(id, "ActionEvent")).length, 1);
    assert.equal((await of(id, "ObservationEvent")).length, 0);
    assert.deepEqual(await conversations().respondToConfirmation(id, { accept: true }), { success: true });
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    assert.match(JSON.stringify((await of(id, "ObservationEvent"))[0]!["observation"].content), /accepted/);
    assert.equal((await of(id, "ActionEvent")).length, 1);
  });

  it("rejects each waiting action with the reason, runs nothing, and goes on with run", async () => {
    const id = await stage.conversation(always);
    const calls = JSON.stringify([
      ["terminal", { command: "touch one" }],
      ["terminal", { command: "touch two" }],
    ]);
    assert.equal(await stage.play(id, `Ask.\n> calls ${calls}\n> say I see.`), "waiting_for_confirmation");
    await conversations().respondToConfirmation(id, { accept: false, reason: "Not now." });
    assert.equal(await stage.untilStatus(id, "idle", "finished", "error"), "idle");
    const rejections = await of(id, "UserRejectObservation");
    assert.deepEqual(
      rejections.map((event) => [event["rejection_reason"], event["rejection_source"], event["tool_name"]]),
      [
        ["Not now.", "user", "terminal"],
        ["Not now.", "user", "terminal"],
      ],
    );
    const actions = await of(id, "ActionEvent");
    assert.deepEqual(
      rejections.map((event) => event["action_id"]),
      actions.map((event) => event.id),
    );
    assert.equal((await of(id, "ObservationEvent")).length, 0);
    await conversations().runConversation(id);
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    assert.deepEqual(await conversations().getAgentFinalResponse(id), { response: "I see." });
  });

  it("has a reason for a rejection that has none, and takes an answer to nothing", async () => {
    const id = await stage.conversation(always);
    assert.deepEqual(await conversations().respondToConfirmation(id, { accept: false }), { success: true });
    assert.deepEqual(await stage.events(id), []);
    await stage.play(id, "Ask.\n> terminal true\n> say Done.");
    await conversations().respondToConfirmation(id, { accept: false });
    await stage.untilStatus(id, "idle");
    assert.equal((await of(id, "UserRejectObservation"))[0]!["rejection_reason"], "User rejected the action.");
  });

  it("accepts by run, and by a message that runs", async () => {
    for (const accept of ["run", "message"]) {
      const id = await stage.conversation(always);
      await stage.play(id, "Ask.\n> terminal echo yes\n> say Done.");
      if (accept === "run") await conversations().runConversation(id);
      else await stage.say(id, "Go on.\n> say Went on.");
      assert.equal(await stage.untilStatus(id, "finished", "error"), "finished", accept);
      assert.equal((await of(id, "ObservationEvent")).length, 1, accept);
    }
  });

  it("changes when it asks, from now on", async () => {
    const id = await stage.conversation();
    assert.deepEqual(await conversations().setConfirmationPolicy(id, { kind: "AlwaysConfirm" }), { success: true });
    assert.deepEqual((await conversations().getConversation(id)).confirmation_policy, { kind: "AlwaysConfirm" });
    assert.equal(await stage.play(id, "Ask.\n> terminal true\n> say Done."), "waiting_for_confirmation");
    await conversations().setConfirmationPolicy(id, { policy: { kind: "NeverConfirm" } });
    assert.deepEqual((await conversations().getConversation(id)).confirmation_policy, { kind: "NeverConfirm" });
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/confirmation_policy`, {})).status, 422);
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/confirmation_policy`, { policy: { kind: "Sometimes" } })).status, 422);
  });

  it("§10.49 never holds finish and think alone, but with another action", async () => {
    const id = await stage.conversation(always);
    assert.equal(await stage.play(id, 'Think.\n> call think {"thought":"hm"}\n> finish Over.'), "finished");
    const calls = JSON.stringify([
      ["think", { thought: "hm" }],
      ["terminal", { command: "true" }],
    ]);
    assert.equal(await stage.play(id, `Both.\n> calls ${calls}\n> say Done.`), "waiting_for_confirmation");
  });

  it("§10.50 takes a threshold of risk, but not UNKNOWN as one, and asks about UNKNOWN only when told to", async () => {
    const id = await stage.conversation();
    const policy = (given: object) =>
      stage.wire("POST", `/api/conversations/${id}/confirmation_policy`, { policy: { kind: "ConfirmRisky", ...given } });
    assert.equal((await policy({ threshold: "UNKNOWN" })).status, 422);
    assert.equal((await policy({ threshold: "HIGH", confirm_unknown: false })).status, 200);
    assert.deepEqual(await conversations().setSecurityAnalyzer(id, { kind: "LLMSecurityAnalyzer" }), { success: true });
    assert.deepEqual((await conversations().getConversation(id))["security_analyzer"], { kind: "LLMSecurityAnalyzer" });
    const view = (risk: string) => `> call file_editor ${JSON.stringify({ command: "view", path: stage.workspace, security_risk: risk })}`;
    assert.equal(await stage.play(id, `Low.\n${view("LOW")}\n> say Done.`), "finished");
    // A command on the person's own machine is high by our own judgement, which no model lowers.
    assert.equal(await stage.play(id, "High.\n> terminal true\n> say Done."), "waiting_for_confirmation");
    await stage.client.conversations.respondToConfirmation(id, { accept: false });
    await stage.untilStatus(id, "idle");
    assert.equal(kinds(await stage.events(id)).filter((kind) => kind === "ObservationEvent").length, 1);
    await conversations().setSecurityAnalyzer(id, null);
    assert.equal((await conversations().getConversation(id))["security_analyzer"], null);
  });
});
