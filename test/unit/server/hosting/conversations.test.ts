import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { serveHosting } from "../../../support/servedHosting.ts";

const unknown = randomUUID();

describe("conversations by the agent-server protocol", () => {
  it("§10.1 begins a conversation once: with the same id again, it is the one that is there", async () => {
    await using served = await serveHosting();
    const request = { conversation_id: randomUUID(), workspace: { working_dir: served.workspace }, agent: { llm: { model: "scripted" } } };
    const first = await served.ask("POST", "/api/conversations", request);
    const again = await served.ask("POST", "/api/conversations", { ...request, tags: { other: "yes" } });
    assert.deepEqual([first.status, again.status], [201, 200]);
    assert.deepEqual(again.body, first.body);
    assert.equal(first.body.execution_status, "idle");
    assert.deepEqual((await served.ask("GET", `/api/conversations/${request.conversation_id}`)).body, first.body);
  });

  it("§10.6 names and tags a conversation, and says so of one that is not there", async () => {
    await using served = await serveHosting();
    const id = await served.begin({ tags: { old: "1" } });
    const path = `/api/conversations/${id}`;
    assert.deepEqual(await served.ask("PATCH", path, { title: "  A name ", tags: { new: "2" } }), { status: 200, body: { success: true } });
    const { title, tags } = (await served.ask("GET", path)).body;
    assert.deepEqual({ title, tags }, { title: "A name", tags: { new: "2" } });
    assert.deepEqual(await served.ask("PATCH", `/api/conversations/${unknown}`, { title: "x" }), { status: 200, body: { success: false } });
    assert.equal((await served.ask("PATCH", path, { title: " " })).status, 422);
    assert.equal((await served.ask("PATCH", path, { title: "x".repeat(201) })).status, 422);
  });

  it("§10.7 answers 400 or 404 for a conversation that is not there, as the protocol has it", async () => {
    await using served = await serveHosting();
    const statusOf = async (method: string, end: string): Promise<number> =>
      (await served.ask(method, `/api/conversations/${unknown}${end}`)).status;
    assert.deepEqual(
      await Promise.all([statusOf("DELETE", ""), statusOf("POST", "/pause"), statusOf("POST", "/interrupt")]),
      [400, 400, 400],
    );
    assert.deepEqual(await Promise.all([statusOf("GET", ""), statusOf("POST", "/run")]), [404, 404]);
  });
});
