import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import { type Stage, withStage } from "./server.ts";

describe("the lives of conversations, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const conversations = () => stage.client.conversations;

  it("§10.34 gives a command that a crash cut off one error, parented on it, and the conversation an error; others are left alone", async () => {
    const done = await stage.conversation();
    await stage.play(done, "Done.\n> terminal echo done\n> say Done.");
    const before = await stage.events(done);
    const id = await stage.conversation();
    await stage.say(id, "Sleep.\n> terminal sleep 60\n> say Slept.");
    await until("the command", async () => (await stage.events(id)).some(({ kind }) => kind === "ActionEvent"));
    await stage.restart("SIGKILL");
    assert.equal(await stage.untilStatus(id, "error", "paused", "idle", "finished"), "error");
    for (let times = 0; times < 2; times++) {
      const events = await stage.events(id);
      const action = events.find(({ kind }) => kind === "ActionEvent")!;
      const errors = events.filter(({ kind }) => kind === "AgentErrorEvent");
      assert.deepEqual(
        errors.map((error) => [error["tool_call_id"], error["parent_id"]]),
        [[action["tool_call_id"], action.id]],
      );
      await stage.restart();
    }
    assert.deepEqual(await stage.events(done), before);
    await conversations().runConversation(id);
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
  });

  it("§10.35 leaves what did not run as it was over a restart, with its time and its state", async () => {
    const [idle, finished, waiting] = [
      await stage.conversation(),
      await stage.conversation(),
      await stage.conversation({ confirmation_policy: { kind: "AlwaysConfirm" } }),
    ];
    await stage.play(finished, "Say.\n> say Said.");
    await stage.play(waiting, "Ask.\n> terminal echo allowed\n> say Done.");
    const read = () => conversations().getConversations([idle, finished, waiting]);
    const before = await read();
    await stage.restart();
    assert.deepEqual(await read(), before);
    assert.deepEqual(
      before.map((info) => info?.execution_status),
      ["idle", "finished", "waiting_for_confirmation"],
    );
    await conversations().respondToConfirmation(waiting, { accept: true });
    assert.equal(await stage.untilStatus(waiting, "finished", "error"), "finished");
    assert.equal((await stage.events(waiting)).filter(({ kind }) => kind === "ObservationEvent").length, 1);
  });

  it("§10.36 keeps many more conversations going than it keeps at hand", async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => stage.conversation({ tags: { many: "1" } })));
    const held = await stage.conversation();
    await stage.say(held, "Wait.\n> hold many say Done.");
    await stage.model.asked("many");
    for (const id of many) await stage.play(id, "Say.\n> say Said.");
    await conversations().updateConversation(many[0]!, { tags: { many: "2" } });
    stage.model.release("many");
    assert.equal(await stage.untilStatus(held, "finished", "error"), "finished");
    const infos = await conversations().getConversations(many);
    assert.deepEqual(new Set(infos.map((info) => info?.execution_status)), new Set(["finished"]));
    assert.deepEqual(infos[0]?.tags, { many: "2" });
  });

  it("§10.5 makes the title of the message that asked for it, whatever has been said since", async () => {
    const id = await stage.conversation({ autotitle: true });
    await stage.say(id, "Mend the red gate.\n> say Mended.");
    await stage.say(id, "And paint the barn.\n> say Painted.");
    await until("the title", async () => (await conversations().getConversation(id)).title != null);
    await stage.untilStatus(id, "finished");
    const asked = stage.model.requests().filter(({ tools = [] }) => tools.length === 0);
    const forTitles = asked.filter(({ messages }) => JSON.stringify(messages).includes("red gate"));
    assert.ok(forTitles.length >= 1);
    assert.ok(!forTitles.some(({ messages }) => JSON.stringify(messages).includes("paint the barn")));
  });

  it("§10.45 puts what was said before several calls on the first of them", async () => {
    const id = await stage.conversation();
    const calls = JSON.stringify([
      ["terminal", { command: "echo one" }],
      ["terminal", { command: "echo two" }],
    ]);
    await stage.play(id, `Both.\n> and-say I do both. ${calls}\n> say Done.`);
    const actions = (await stage.events(id)).filter(({ kind }) => kind === "ActionEvent");
    assert.deepEqual(
      actions.map(({ thought }) => thought.map(({ text }: { text: string }) => text)),
      [["I do both."], []],
    );
    assert.equal(actions[0]!["llm_response_id"], actions[1]!["llm_response_id"]);
  });
});
