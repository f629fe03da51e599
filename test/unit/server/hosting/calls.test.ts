import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { parseEvent } from "../../../../src/protocol/events.ts";
import { initialState, reduceState } from "../../../../src/protocol/state.ts";
import { type ServedHosting, serveHosting } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const usage = { prompt_tokens: 10, completion_tokens: 5, cache_read_tokens: 2, reasoning_tokens: 1 };
const openLlm = () =>
  scriptedLlm([
    { text: "One.", usage, cost_usd: 0.25 },
    { text: "Two.", usage, cost_usd: 0.5 },
    { text: "Three.", cost_usd: null },
  ]);

describe("the calls of models in the stats of a conversation (agent-server protocol §4.9)", () => {
  it("are told one by one, also after a restart, and in no event", async () => {
    await using temp = await tempFolder();
    let id = "";
    const before = Date.now() / 1000 - 1;
    const told: unknown[] = [];
    for (const texts of [["Do one.", "Do two.", "Do three."], []]) {
      await using served = await serveHosting({ folder: temp.path, openLlm });
      id ||= await served.begin({ autotitle: false });
      for (const text of texts) await finish(served, id, text);
      const { agent } = (await served.ask("GET", `/api/conversations/${id}`)).body.stats.usage_to_metrics;
      told.push(agent);
      const events = (await served.ask("GET", `/api/conversations/${id}/events/search?limit=100`)).body.items;
      assert.doesNotMatch(JSON.stringify(events), /latest_call|latency|"costs"/);
    }
    const [agent] = told as [Record<"costs" | "response_latencies" | "token_usages", Record<string, unknown>[]>];
    assert.deepEqual(told[1], agent);
    assert.deepEqual(
      agent.costs.map(({ cost, model }) => [cost, model]),
      [
        [0.25, "scripted"],
        [0.5, "scripted"],
      ],
    );
    assert.ok(agent.costs.every(({ timestamp }) => Number(timestamp) > before && Number(timestamp) < Date.now() / 1000 + 1));
    assert.equal(agent.response_latencies.length, 3);
    assert.ok(agent.response_latencies.every(({ latency }) => Number(latency) >= 0 && Number(latency) < 60));
    const ids = agent.response_latencies.map(({ response_id }) => response_id);
    assert.equal(new Set(ids).size, 3);
    const counted = { model: "scripted", ...usage, cache_write_tokens: 0, context_window: 0, per_turn_token: 15 };
    assert.deepEqual(agent.token_usages, [
      { ...counted, response_id: ids[0] },
      { ...counted, response_id: ids[1] },
      { ...Object.fromEntries(Object.keys(counted).map((key) => [key, 0])), model: "scripted", response_id: ids[2] },
    ]);
  });

  it("are the latest twenty of ten thousand, so that no answer grows", () => {
    let state = initialState;
    for (let index = 0; index < 10_000; index++) {
      const latest_call = {
        usage_id: "agent",
        model: "m",
        response_id: `r-${index}`,
        latency_ms: 5,
        cost: 0.1,
        tokens: { ...usage, context_window: 9 },
      };
      const value = { usage_to_metrics: { agent: { accumulated_token_usage: usage } }, latest_call };
      const event = {
        kind: "ConversationStateUpdateEvent",
        id: randomUUID(),
        timestamp: "2026-01-05T10:00:02.775413",
        source: "environment",
        key: "stats",
        value,
      };
      state = reduceState(state, parseEvent(event));
    }
    assert.deepEqual([state.calls?.length, state.calls?.at(0)?.response_id, state.calls?.at(-1)?.response_id], [20, "r-9980", "r-9999"]);
    assert.ok(JSON.stringify(state.calls).length < 6_000);
  });
});

async function finish({ ask }: ServedHosting, id: string, text: string): Promise<void> {
  const message = { role: "user", content: [{ type: "text", text }], run: true };
  assert.equal((await ask("POST", `/api/conversations/${id}/events`, message)).status, 200);
  await until("the end of the run", async () => (await ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished");
}
