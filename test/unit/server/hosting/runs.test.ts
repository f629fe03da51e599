import assert from "node:assert/strict";
import type { Llm } from "../../../../src/llm/llm.ts";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { ConversationId } from "../../../../src/protocol/ids.ts";
import { type Gate, gate } from "../../../support/scripts.ts";
import { type ServedHosting, serveHosting, testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

const callBash = (command: string) => ({ tool_calls: [{ name: "terminal", arguments: { command } }] });

describe("runs of a conversation", () => {
  it("§10.8 refuses a run while one goes, and takes an answer then", async () => {
    const held = gate();
    await using served = await serveHosting({ openLlm: () => heldLlm(held) });
    const id = await served.begin({ autotitle: false });
    await say(served, id, "Go.");
    await held.reached;
    const path = `/api/conversations/${id}`;
    assert.equal((await served.ask("POST", `${path}/run`)).status, 409);
    assert.equal((await served.ask("POST", `${path}/events/respond_to_confirmation`, { accept: true })).status, 200);
    held.release();
    await becomes(served, id, "finished");
  });

  it("§10.8 begins one run for those who ask at the same moment, and refuses the others", async () => {
    await using served = await serveHosting();
    const id = await served.begin({ autotitle: false });
    const message = { content: [{ type: "text", text: "Go." }], run: false };
    await served.ask("POST", `/api/conversations/${id}/events`, message);
    const answers = await Promise.all([1, 2, 3].map(() => served.ask("POST", `/api/conversations/${id}/run`)));
    assert.deepEqual(answers.map(({ status }) => String(status)).sort(), ["200", "409", "409"]);
    await becomes(served, id, "finished");
  });

  it("is paused at once while it waits for its turn", async () => {
    const held = gate();
    await using served = await serveHosting({ openLlm: () => heldLlm(held), mostRuns: 1 });
    const working = await served.begin({ autotitle: false });
    await say(served, working, "Go.");
    await held.reached;
    const waiting = await served.begin({ autotitle: false });
    await say(served, waiting, "Go.");
    assert.equal((await infoOf(served, waiting)).execution_status, "idle");
    await served.ask("POST", `/api/conversations/${waiting}/pause`);
    await becomes(served, waiting, "paused");
    assert.equal((await infoOf(served, working)).execution_status, "running");
    held.release();
    await becomes(served, working, "finished");
    await served.ask("POST", `/api/conversations/${waiting}/run`);
    await becomes(served, waiting, "finished");
  });

  it("§10.11 lets a pause and an interrupt cancel what was asked for after them", async () => {
    const held = gate();
    await using served = await serveHosting({ openLlm: () => heldLlm(held) });
    const id = await served.begin({ autotitle: false });
    await say(served, id, "Go.");
    await held.reached;
    await served.ask("POST", `/api/conversations/${id}/pause`);
    await say(served, id, "And this.");
    assert.deepEqual(await served.ask("POST", `/api/conversations/${id}/interrupt`), { status: 200, body: { success: true } });
    await served.hosting.host.settled(ConversationId.parse(id));
    assert.equal((await infoOf(served, id)).execution_status, "paused");
  });

  it("answers an interrupt when the run has ended, with a result for what it cut off", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([callBash("sleep 100"), { text: "Done." }]) });
    const id = await served.begin({ autotitle: false });
    await say(served, id, "Go.");
    await until("the command", async () => (await served.ask("GET", `/api/conversations/${id}/events/count?kind=ActionEvent`)).body === 1);
    await served.ask("POST", `/api/conversations/${id}/interrupt`);
    assert.equal((await infoOf(served, id)).execution_status, "paused");
    assert.equal((await served.ask("GET", `/api/conversations/${id}/events/count?kind=AgentErrorEvent`)).body, 1);
  });

  it("runs what waits for an answer when it is told to run, and condenses only where there is a condenser", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([callBash("echo hi"), { text: "Done." }]) });
    const id = await served.begin({ autotitle: false, confirmation_policy: { kind: "AlwaysConfirm" } });
    await say(served, id, "Go.");
    await becomes(served, id, "waiting_for_confirmation");
    assert.equal((await served.ask("POST", `/api/conversations/${id}/run`)).status, 200);
    await becomes(served, id, "finished");
    assert.deepEqual((await served.ask("GET", `/api/conversations/${id}/agent_final_response`)).body, { response: "Done." });
    const condense = await served.ask("POST", `/api/conversations/${id}/condense`);
    assert.equal(condense.status, 400);
  });

  it("begins with the first message at once, and no old end stands for the new one", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "One." }, { text: "Two." }]) });
    const initial_message = { content: [{ type: "text", text: "Hello." }], run: false };
    const id = await served.begin({ autotitle: false, initial_message });
    await becomes(served, id, "finished");
    await say(served, id, "Again.");
    assert.notEqual((await infoOf(served, id)).last_user_message_id, null);
    await becomes(served, id, "finished");
    assert.deepEqual((await served.ask("GET", `/api/conversations/${id}/agent_final_response`)).body, { response: "Two." });
  });

  it("keeps an agent without tools to finish and think, and gives others what they name", async () => {
    const offered: string[][] = [];
    const openLlm = (): Llm => {
      const llm = scriptedLlm([{ text: "Done." }]);
      return {
        ...llm,
        stream: (request, signal) => {
          offered.push(request.tools.map(({ name }) => name));
          return llm.stream(request, signal);
        },
      };
    };
    await using served = await serveHosting({ openLlm });
    for (const agent of [{ llm: testAgent.llm }, { ...testAgent, tools: [{ name: "glob" }, { name: "terminal" }] }]) {
      const id = await served.begin({ autotitle: false, agent });
      await say(served, id, "Go.");
      await becomes(served, id, "finished");
    }
    assert.deepEqual(offered, [
      ["finish", "think"],
      ["glob", "terminal", "finish", "think"],
    ]);
    assert.deepEqual((await served.ask("GET", "/api/tools/")).body, ["terminal", "file_editor", "task_tracker", "glob", "grep"]);
  });
});

function heldLlm(held: Gate): Llm {
  const llm = scriptedLlm([{ text: "Done." }]);
  return {
    ...llm,
    async *stream(request, signal) {
      await held.pass(signal);
      yield* llm.stream(request, signal);
    },
  };
}

async function say(served: ServedHosting, id: string, text: string): Promise<void> {
  const answer = await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text }], run: true });
  assert.equal(answer.status, 200);
}

async function infoOf(served: ServedHosting, id: string) {
  return (await served.ask("GET", `/api/conversations/${id}`)).body;
}

async function becomes(served: ServedHosting, id: string, status: string): Promise<void> {
  await until(`the status ${status}`, async () => (await infoOf(served, id)).execution_status === status);
}
