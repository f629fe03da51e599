import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { NotificationListener } from "../../../../src/host/agentHost.ts";
import type { Llm, LlmReply } from "../../../../src/llm/llm.ts";
import { parseEvent } from "../../../../src/protocol/events.ts";
import { ConversationId } from "../../../../src/protocol/ids.ts";
import { noLog } from "../../../../src/protocol/log.ts";
import { initialState } from "../../../../src/protocol/state.ts";
import { type GoalStatus, Goals } from "../../../../src/server/hosting/goals.ts";
import { recoverAll } from "../../../../src/server/hosting/recovery.ts";
import { gate } from "../../../support/scripts.ts";
import { type ServedHosting, serveHosting } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

/** Judges by the script, and answers the agent with "Done.". */
function judging(verdicts: readonly string[], wait: (signal: AbortSignal) => Promise<void> = async () => undefined): Llm {
  let judged = 0;
  return {
    model: "judge",
    isDemo: false,
    hasPrice: true,
    async *stream({ messages }, signal) {
      const isJudge = JSON.stringify(messages.at(-1)).includes("strict reviewer");
      if (!isJudge) await wait(signal);
      const text = isJudge ? (verdicts[judged++] ?? "no verdict") : "Done.";
      const reply: LlmReply = { id: randomUUID(), text, reasoning: "", toolCalls: [], isComplete: true };
      yield { type: "reply", reply };
    },
  };
}

const missing = '{"score": 0.4, "complete": false, "missing": "the test"}';
const timestamp = "2026-01-05T10:00:02.775413";
const complete = 'So: {"score": 1, "complete": true, "missing": ""}';

describe("goals of a conversation", () => {
  it("§10.69 refuses an empty goal and a conversation that is not there, and stops where nothing goes", async () => {
    await using served = await serveHosting({ openLlm: () => judging([]) });
    const id = await served.begin({ autotitle: false });
    const statusOf = async (path: string, body?: object) => (await served.ask("POST", `/api/conversations/${path}`, body)).status;
    assert.equal(await statusOf(`${id}/goal`, { objective: "  " }), 400);
    assert.equal(await statusOf(`${id}/goal/stop`), 200);
    assert.deepEqual(await served.ask("POST", `/api/conversations/${id}/goal/resume`), {
      status: 400,
      body: { detail: "no_resumable_goal" },
    });
    const unknown = randomUUID();
    const missing = await Promise.all([
      statusOf(`${unknown}/goal`, { objective: "x" }),
      statusOf(`${unknown}/goal/stop`),
      statusOf(`${unknown}/goal/resume`),
    ]);
    assert.deepEqual(missing, [404, 404, 404]);
  });

  it("is left alone by what looks for conversations that were left at work", async () => {
    const held = gate();
    const openLlm = () => judging([complete], (signal) => held.pass(signal));
    await using served = await serveHosting({ openLlm });
    const id = await served.begin({ autotitle: false });
    await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Build it." });
    await held.reached;
    await recoverAll(served.hosting);
    held.release();
    assert.equal((await ended(served, id)).at(-1)?.status, "complete");
  });

  it("works and is judged until the goal is reached, and tells how it stands", async () => {
    await using served = await serveHosting({ openLlm: () => judging([missing, complete]) });
    const id = await served.begin({ autotitle: false });
    assert.equal((await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Build it." })).status, 200);
    const goals = await ended(served, id);
    assert.deepEqual(
      goals.map(({ active, status, iteration, verdict }) => [active, status, iteration, verdict?.complete ?? null]),
      [
        [true, "running", 0, null],
        [true, "running", 1, null],
        [false, "complete", 2, true],
      ],
    );
    const messages = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=MessageEvent&source=user`)).body.items;
    assert.equal(messages.length, 2);
    assert.match(JSON.stringify(messages[1]), /the test/);
  });

  it("ends at the last round that was asked for, and a verdict that says nothing counts as no", async () => {
    await using served = await serveHosting({ openLlm: () => judging(["What?", missing]) });
    const id = await served.begin({ autotitle: false });
    await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Build it.", max_iterations: 2 });
    const last = (await ended(served, id)).at(-1);
    assert.deepEqual([last?.status, last?.iteration, last?.verdict?.missing], ["capped", 2, "the test"]);
    assert.equal((await served.ask("POST", `/api/conversations/${id}/goal/resume`)).status, 400);
  });

  it("is given up when the person says something else or stops it, and goes on from there when it is resumed", async () => {
    const held = gate();
    let isHeld = true;
    const llm = judging([complete], (signal) => (isHeld ? held.pass(signal) : Promise.resolve()));
    await using served = await serveHosting({ openLlm: () => llm });
    const id = await served.begin({ autotitle: false });
    await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Build it." });
    await held.reached;
    assert.equal((await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Two." })).status, 409);
    assert.equal((await served.ask("POST", `/api/conversations/${id}/goal/stop`)).status, 200);
    assert.deepEqual((await ended(served, id)).at(-1)?.status, "interrupted");
    // The run goes on.
    assert.equal((await served.ask("GET", `/api/conversations/${id}`)).body.execution_status, "running");
    isHeld = false;
    held.release();
    await until("the end", async () => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished");
    assert.equal((await served.ask("POST", `/api/conversations/${id}/goal/resume`)).status, 200);
    await until("the goal", async () => (await goalsOf(served, id)).at(-1)?.status === "complete");
  });

  it("misses no end of a run that comes while it looks how the last one has ended", async () => {
    let hear: NotificationListener = () => undefined;
    const conversationId = ConversationId.parse(randomUUID());
    let seq = 0;
    const happens = (event: object): void =>
      hear({ type: "event.appended", conversationId, seq: seq++, event: parseEvent({ id: randomUUID(), timestamp, ...event }) });
    const finishes = (): void =>
      happens({ kind: "ConversationStateUpdateEvent", source: "environment", key: "execution_status", value: "finished" });
    const told: unknown[] = [];
    let looks = 0;
    await using goals = new Goals(
      {
        ask: async () => complete,
        follow: async (_id, _limit, listener) => {
          hear = listener;
          return { snapshot: { state: initialState, events: [], firstSeq: 0 }, [Symbol.dispose]: () => undefined };
        },
        handle: async (command) => {
          if (command.type === "state.set") told.push((command.value as GoalStatus).status);
          if (command.type !== "message.send") return;
          happens({
            kind: "MessageEvent",
            source: "user",
            llm_message: { role: "user", content: [{ type: "text", text: command.text }] },
            activated_skills: [],
            extended_content: [],
          });
          finishes();
        },
        look: async () => {
          const isAtWork = ++looks === 2;
          // A run that a message of the last moment began, and which ends right now.
          if (isAtWork) queueMicrotask(finishes);
          return { state: { ...initialState, execution_status: isAtWork ? "running" : "finished" }, count: 0 };
        },
        settled: async () => undefined,
      },
      noLog,
    );
    await goals.start(conversationId, "Do it.", 3);
    await until("the end of the goal", async () => told.at(-1) === "complete");
  });

  it("is given up when another message comes", async () => {
    const held = gate();
    await using served = await serveHosting({ openLlm: () => judging([complete], (signal) => held.pass(signal)) });
    const id = await served.begin({ autotitle: false });
    await served.ask("POST", `/api/conversations/${id}/goal`, { objective: "Build it." });
    await held.reached;
    await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text: "No, wait." }] });
    assert.equal((await ended(served, id)).at(-1)?.status, "interrupted");
    held.release();
  });
});

interface Goal {
  readonly active: boolean;
  readonly status: string;
  readonly iteration: number;
  readonly verdict: { readonly complete: boolean; readonly missing: string } | null;
}

async function goalsOf(served: ServedHosting, id: string): Promise<Goal[]> {
  const events = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=ConversationStateUpdateEvent`)).body.items;
  return events.filter(({ key }: { key: string }) => key === "goal").map(({ value }: { value: Goal }) => value);
}

async function ended(served: ServedHosting, id: string): Promise<Goal[]> {
  return until("the end of the goal", async () => {
    const goals = await goalsOf(served, id);
    return goals.at(-1)?.active === false && goals;
  });
}
