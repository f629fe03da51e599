import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Disk, machineDisk } from "../../../../src/conversation/disk.ts";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { ConversationId } from "../../../../src/protocol/ids.ts";
import { type ServedHosting, serveHosting } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

describe("forks and heads of a conversation", () => {
  it("§10.32 refuses an id that is taken before anything is written, leaves nothing of a fork that fails, and keeps client tools", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "One." }]) });
    const tool = { name: "show", description: "Shows it.", parameters: { type: "object", properties: {} } };
    const id = await served.begin({ autotitle: false, client_tools: [tool], tags: { a: "1" } });
    await finish(served, id, "Hello.");
    const fork = (body: object) => served.ask("POST", `/api/conversations/${id}/fork`, body);
    const before = await readdir(join(served.folder, "conversations"));
    assert.equal((await fork({ id })).status, 409);
    assert.equal((await fork({ from_event_id: randomUUID() })).status, 404);
    assert.equal((await fork({ from_event_id: "no id" })).status, 404);
    assert.deepEqual(await readdir(join(served.folder, "conversations")), before);
    const forkId = randomUUID();
    const made = await fork({ id: forkId, title: "Another way" });
    assert.equal(made.status, 201);
    const { title, tags, client_tools, forked_from_conversation_id, execution_status, stats } = made.body;
    assert.deepEqual(
      { id: made.body.id, title, tags, client_tools, forked_from_conversation_id, execution_status, stats },
      {
        id: forkId,
        title: "Another way",
        tags: { a: "1", title: "Another way" },
        client_tools: [tool],
        forked_from_conversation_id: id,
        execution_status: "idle",
        stats: { usage_to_metrics: {} },
      },
    );
    assert.equal((await served.ask("GET", `/api/conversations/${id}`)).body.execution_status, "finished");
  });

  it("is there with its agent from its first moment, so that a kill leaves all of it or nothing", async () => {
    const seen: unknown[] = [];
    const disk: Disk = {
      ...machineDisk,
      // Right after the fork has its name.
      syncFolder: async (folder) => {
        if (folder === join(served.folder, "conversations") && forkId !== "") seen.push(await metaOf(served, forkId));
        await machineDisk.syncFolder(folder);
      },
    };
    let forkId = "";
    await using served = await serveHosting({ store: { disk } });
    const id = await served.begin({ autotitle: false });
    forkId = randomUUID();
    assert.equal((await served.ask("POST", `/api/conversations/${id}/fork`, { id: forkId, title: "Two" })).status, 201);
    const meta = await metaOf(served, forkId);
    assert.deepEqual([meta.forked_from_conversation_id, meta.title, meta.agent.llm.model, seen], [id, "Two", "scripted", [meta]]);
    assert.equal((await served.hosting.look(ConversationId.parse(forkId))).state.title, "Two");
  });

  it("is made once, when two clients ask for the same id at the same moment", async () => {
    await using served = await serveHosting();
    const id = await served.begin({ autotitle: false });
    const forkId = randomUUID();
    const fork = (title: string) => served.ask("POST", `/api/conversations/${id}/fork`, { id: forkId, title });
    const answers = await Promise.all(["One", "Two", "Three"].map(fork));
    assert.deepEqual(answers.map(({ status }) => String(status)).sort(), ["201", "409", "409"]);
    const made = answers.find(({ status }) => status === 201);
    assert.equal((await served.ask("GET", `/api/conversations/${forkId}`)).body.title, made?.body.title);
    const names = await readdir(join(served.folder, "conversations"));
    assert.deepEqual(names.sort(), [id, forkId].sort());
  });

  it("forks up to an event, and keeps what it has cost when that is asked for", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, cache_read_tokens: 0, reasoning_tokens: 0 };
    await using served = await serveHosting({
      openLlm: () =>
        scriptedLlm([
          { text: "One.", usage },
          { text: "Two.", usage },
        ]),
    });
    const id = await served.begin({ autotitle: false });
    await finish(served, id, "First.");
    await finish(served, id, "Second.");
    const messages = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=MessageEvent`)).body.items;
    const at = messages[1].id;
    const made = await served.ask("POST", `/api/conversations/${id}/fork`, { from_event_id: at, reset_metrics: false });
    assert.deepEqual([made.status, made.body.forked_from_event_id, made.body.leaf_event_id], [201, at, at]);
    assert.equal(made.body.stats.usage_to_metrics.agent.accumulated_token_usage.prompt_tokens, 10);
    assert.equal((await served.ask("GET", `/api/conversations/${made.body.id}/events/count?kind=MessageEvent`)).body, 2);
  });

  it("§10.33 goes on after an earlier event, or anew, and tells nobody", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "One." }, { text: "Two." }]) });
    const id = await served.begin({ autotitle: false });
    await finish(served, id, "First.");
    const path = `/api/conversations/${id}`;
    const events = (await served.ask("GET", `${path}/events/search`)).body.items;
    const user = events.find((event: { kind: string; source: string }) => event.kind === "MessageEvent" && event.source === "user");
    const count = (await served.ask("GET", `${path}/events/count`)).body;
    const navigate = (event_id: string | null) => served.ask("POST", `${path}/navigate`, { event_id });
    assert.deepEqual([(await navigate(user.id)).body.leaf_event_id, (await navigate(null)).body.leaf_event_id], [user.id, null]);
    assert.equal((await served.ask("GET", `${path}/events/count`)).body, count);
    assert.deepEqual([(await navigate(randomUUID())).status, (await navigate("no id")).status], [404, 404]);
    await finish(served, id, "Anew.");
    const after = (await served.ask("GET", `${path}/events/search`)).body.items;
    const roots = after.filter((event: { kind: string; parent_id?: string }) => event.parent_id === "__root__");
    assert.equal(roots.filter((event: { kind: string }) => event.kind !== "ConversationStateUpdateEvent").length, 1);
  });
});

async function finish(served: ServedHosting, id: string, text: string): Promise<void> {
  await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text }], run: true });
  await until("the end of the run", async () => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished");
}

async function metaOf({ folder }: ServedHosting, id: string) {
  return JSON.parse(await readFile(join(folder, "conversations", id, "meta.json"), "utf8"));
}
