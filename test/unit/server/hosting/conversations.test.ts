import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stateUpdate } from "../../../../src/conversation/stamp.ts";
import { ConversationStore } from "../../../../src/conversation/store.ts";
import { ConversationId } from "../../../../src/protocol/ids.ts";
import { recoverAll, recoverLater } from "../../../../src/server/hosting/recovery.ts";
import { heldElsewhere } from "../../../support/leases.ts";
import { type ServedHosting, serveHosting, testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const unknown = randomUUID();

describe("conversations by the agent-server protocol", () => {
  it("§10.1 begins a conversation once: with the same id again, it is the one that is there", async () => {
    await using served = await serveHosting();
    const request = { conversation_id: randomUUID(), workspace: { working_dir: served.workspace }, agent: { llm: { model: "scripted" } } };
    const answers = await Promise.all([1, 2].map(() => served.ask("POST", "/api/conversations", request)));
    const again = await served.ask("POST", "/api/conversations", { ...request, tags: { other: "yes" } });
    assert.deepEqual([...answers.map(({ status }) => status).sort((a, b) => a - b), again.status], [200, 201, 200]);
    assert.deepEqual(again.body, answers[0]?.body);
    assert.equal(again.body.execution_status, "idle");
    assert.deepEqual((await served.ask("GET", `/api/conversations/${request.conversation_id}`)).body, again.body);
    assert.equal((await served.ask("GET", `/api/conversations/${request.conversation_id.replaceAll("-", "")}`)).status, 200);
  });

  it("§10.37 leaves one alone that another process has, also when its id is asked for again", async () => {
    await using temp = await tempFolder();
    const folder = temp.path;
    const served = await serveHosting({ folder });
    const { workspace } = served;
    const id = await served.begin();
    await served[Symbol.asyncDispose]();
    const kept = join(folder, "conversations", id);
    await heldElsewhere(kept);
    const meta = await readFile(join(kept, "meta.json"), "utf8");
    await using later = await serveHosting({ folder });
    const request = { conversation_id: id, workspace: { working_dir: workspace }, agent: testAgent };
    assert.equal((await later.ask("POST", "/api/conversations", request)).status, 409);
    assert.equal((await later.ask("POST", `/api/conversations/${await later.begin()}/fork`, { id })).status, 409);
    assert.equal(await readFile(join(kept, "meta.json"), "utf8"), meta);
  });

  it("tells the truth of one that a server left at work that nobody can look at, when it was silent for long", async () => {
    await using temp = await tempFolder();
    const folder = temp.path;
    const served = await serveHosting({ folder });
    const id = ConversationId.parse(await served.begin());
    await served[Symbol.asyncDispose]();
    const root = join(folder, "conversations");
    const log = await new ConversationStore(root).open(id);
    await log.append(stateUpdate("execution_status", "running"));
    await log[Symbol.asyncDispose]();
    await heldElsewhere(join(root, id));
    await using later = await serveHosting({ folder, store: { times: { silenceMs: 2_000, beatMs: 50, watchMs: 20 } } });
    await recoverAll(later.hosting);
    const info = async () => (await later.ask("GET", `/api/conversations/${id}`)).body;
    assert.equal((await info()).detail, `There is no conversation ${id}.`);
    using _later = recoverLater(later.hosting, 2_500);
    await until("the truth", async () => (await info()).execution_status === "error");
  });

  it("is shown as another server on the same folder has named and tagged it", async () => {
    await using temp = await tempFolder();
    const { path: folder } = temp;
    await using first = await serveHosting({ folder });
    const id = await first.begin();
    const tagsOf = async (served: ServedHosting) => (await served.ask("GET", `/api/conversations/${id}`)).body.tags;
    assert.deepEqual(await tagsOf(first), {});
    await using second = await serveHosting({ folder });
    await second.ask("PATCH", `/api/conversations/${id}`, { tags: { by: "second" } });
    await until("the tags", async () => (await tagsOf(first)).by === "second");
  });

  it("leaves nothing behind when it cannot take the first message", async () => {
    await using served = await serveHosting();
    const request = { workspace: { working_dir: served.workspace }, agent: testAgent };
    const text = { type: "text", text: "Go." };
    for (const initial_message of [
      { role: "assistant", content: [text] },
      { content: [{ type: "image", image_urls: ["file:///etc/passwd"] }] },
    ])
      assert.equal((await served.ask("POST", "/api/conversations", { ...request, initial_message })).status, 400);
    assert.equal((await served.ask("GET", "/api/conversations/count")).body, 0);
  });

  it("begins no more than there may be, and knows those that are there (HS-20)", async () => {
    await using server = await serveHosting({ mostConversations: 2 });
    const [first] = [await server.begin(), await server.begin()];
    const request = { workspace: { working_dir: server.workspace }, agent: testAgent };
    const refused = await server.ask("POST", "/api/conversations", request);
    assert.deepEqual(refused, { status: 429, body: { detail: "There are 2 conversations already. Delete some that nobody needs." } });
    assert.equal((await server.ask("POST", "/api/conversations", { ...request, conversation_id: first })).status, 200);
    assert.equal((await server.ask("POST", `/api/conversations/${first}/fork`, {})).status, 429);
    await server.ask("DELETE", `/api/conversations/${first}`);
    assert.equal((await server.ask("POST", "/api/conversations", request)).status, 201);
  });

  it("§10.2 takes an agent without a kind for the usual one, and refuses one of another program", async () => {
    await using served = await serveHosting();
    const statusOf = async (agent: unknown): Promise<number> =>
      (await served.ask("POST", "/api/conversations", { workspace: { working_dir: served.workspace }, agent })).status;
    assert.deepEqual(
      await Promise.all(
        [{ llm: { model: "m" } }, { acp_command: ["x"] }, { kind: "ACPAgent", acp_command: ["x"] }, "no object"].map(statusOf),
      ),
      [201, 422, 422, 422],
    );
  });

  it("§10.3 prefers `agent` to `agent_settings`, and refuses a profile beside either", async () => {
    const agentOfSettings = async () => ({ ...parsedAgent, llm: { ...parsedAgent.llm, model: "of-settings" } });
    await using served = await serveHosting({ lookups: { agentOfSettings } });
    const begin = (more: object) => served.ask("POST", "/api/conversations", { workspace: { working_dir: served.workspace }, ...more });
    const settings = { agent_settings: { llm: { model: "x" } } };
    const both = await begin({ agent: testAgent, ...settings });
    const only = await begin(settings);
    assert.deepEqual([both.body.agent.llm.model, only.body.agent.llm.model], ["scripted", "of-settings"]);
    const profile = { agent_profile_id: randomUUID() };
    assert.equal((await begin({ agent: testAgent, ...profile })).status, 422);
    assert.equal((await begin({ ...settings, ...profile })).status, 422);
    assert.equal((await begin(profile)).status, 404);
    assert.equal((await begin({})).status, 422);
  });

  it("§10.6 names and tags a conversation, and says so of one that is not there", async () => {
    await using served = await serveHosting();
    const id = await served.begin({ tags: { old: "1" } });
    const path = `/api/conversations/${id}`;
    const before = (await served.ask("GET", path)).body;
    assert.deepEqual(await served.ask("PATCH", path, { title: "  A name ", tags: { new: "2" } }), { status: 200, body: { success: true } });
    const { title, tags, updated_at } = (await served.ask("GET", path)).body;
    assert.deepEqual({ title, tags, isNewer: updated_at >= before.updated_at }, { title: "A name", tags: { new: "2" }, isNewer: true });
    assert.deepEqual(await served.ask("PATCH", `/api/conversations/${unknown}`, { title: "x" }), { status: 200, body: { success: false } });
    assert.equal((await served.ask("PATCH", path, { title: " " })).status, 422);
    assert.equal((await served.ask("PATCH", path, { title: "x".repeat(201) })).status, 422);
  });

  it("§10.7 answers 400 or 404 for a conversation that is not there, as the protocol has it", async () => {
    await using served = await serveHosting();
    const statusOf = async (method: string, end: string, body?: object): Promise<number> =>
      (await served.ask(method, `/api/conversations/${unknown}${end}`, body)).status;
    assert.deepEqual(
      await Promise.all([statusOf("DELETE", ""), statusOf("POST", "/pause"), statusOf("POST", "/interrupt")]),
      [400, 400, 400],
    );
    const missing = await Promise.all([
      statusOf("GET", ""),
      statusOf("POST", "/run"),
      statusOf("POST", "/secrets", { secrets: {} }),
      statusOf("POST", "/confirmation_policy", { policy: { kind: "AlwaysConfirm" } }),
      statusOf("POST", "/security_analyzer", {}),
      statusOf("POST", "/condense"),
      statusOf("POST", "/fork"),
      statusOf("POST", "/navigate", { event_id: null }),
      statusOf("POST", "/ask_agent", { question: "?" }),
      statusOf("POST", "/switch_acp_model", { model: "m" }),
      statusOf("GET", "/agent_final_response"),
      statusOf("GET", "/events/search"),
    ]);
    assert.deepEqual(new Set(missing), new Set([404]));
    assert.equal((await served.ask("GET", "/api/conversations/no-id")).status, 422);
  });

  it("§10.38 makes the folder and a repository in it once, and leaves a repository alone", async () => {
    await using served = await serveHosting();
    const fresh = join(served.workspace, "deep", "fresh");
    await served.begin({ workspace: { working_dir: fresh } });
    assert.ok(existsSync(join(fresh, ".git", "HEAD")));
    const inside = join(fresh, "inside");
    await mkdir(inside);
    await served.begin({ workspace: { working_dir: inside } });
    assert.equal(existsSync(join(inside, ".git")), false);
  });

  it("§10.64 lets a client's tool have one description, and gives it back", async () => {
    await using served = await serveHosting();
    const tool = { name: "show", description: "Shows it.", parameters: { type: "object", properties: { what: { type: "string" } } } };
    const id = await served.begin({ client_tools: [tool] });
    await served.begin({ client_tools: [tool] });
    assert.deepEqual((await served.ask("GET", `/api/conversations/${id}`)).body.client_tools, [tool]);
    const other = { ...tool, parameters: { type: "object", properties: {} } };
    const request = { workspace: { working_dir: served.workspace }, agent: testAgent };
    assert.equal((await served.ask("POST", "/api/conversations", { ...request, client_tools: [other] })).status, 422);
  });

  it("§10.65 takes tags of lower-case letters and digits only, and values of 256 characters", async () => {
    await using served = await serveHosting();
    const request = { workspace: { working_dir: served.workspace }, agent: testAgent };
    const statusOf = async (tags: object): Promise<number> => (await served.ask("POST", "/api/conversations", { ...request, tags })).status;
    assert.deepEqual(
      await Promise.all([{ a1: "x".repeat(256) }, { A: "x" }, { "a-b": "x" }, { a: "x".repeat(257) }].map(statusOf)),
      [201, 422, 422, 422],
    );
    const id = await served.begin({ tags: { a: "1", b: "2" } });
    await served.ask("PATCH", `/api/conversations/${id}`, { tags: { c: "3" } });
    assert.deepEqual((await served.ask("GET", `/api/conversations/${id}`)).body.tags, { c: "3" });
  });

  it("§10.66 knows the children of a conversation, and makes orphans of them when it is deleted", async () => {
    await using served = await serveHosting();
    const parent = await served.begin();
    const children = [await served.begin({ parent_conversation_id: parent }), await served.begin({ parent_conversation_id: parent })];
    const info = async (id: string) => (await served.ask("GET", `/api/conversations/${id}`)).body;
    assert.deepEqual((await info(parent)).sub_conversation_ids.sort(), children.toSorted());
    await served.ask("DELETE", `/api/conversations/${children[0]}`);
    assert.deepEqual((await info(parent)).sub_conversation_ids, [children[1]]);
    await served.ask("DELETE", `/api/conversations/${parent}`);
    assert.equal((await info(children[1] ?? "")).parent_conversation_id, parent);
    const request = { workspace: { working_dir: served.workspace }, agent: testAgent };
    const refused = [{ parent_conversation_id: unknown }, { conversation_id: unknown, parent_conversation_id: unknown }];
    for (const more of refused) assert.equal((await served.ask("POST", "/api/conversations", { ...request, ...more })).status, 422);
    const elsewhere = { workspace: { working_dir: join(served.workspace, "other") }, parent_conversation_id: children[1] };
    assert.equal((await served.ask("POST", "/api/conversations", { ...request, ...elsewhere })).status, 422);
  });

  it("§10.67 shows skills only when they are asked for, and keeps them", async () => {
    await using served = await serveHosting();
    const skill = { name: "ci", content: "How the build goes." };
    const id = await served.begin({ agent: { ...testAgent, agent_context: { skills: [skill] } } });
    const skillsOf = async (query: string) =>
      (await served.ask("GET", `/api/conversations/${id}${query}`)).body.agent.agent_context.skills.length;
    assert.deepEqual([await skillsOf(""), await skillsOf("?include_skills=true"), await skillsOf("")], [0, 1, 0]);
    const listed = await served.ask("GET", "/api/conversations/search?include_skills=1");
    assert.equal(listed.body.items[0].agent.agent_context.skills[0].name, "ci");
  });

  it("refuses a tool that nobody has, and takes what it does not know besides", async () => {
    await using served = await serveHosting();
    const begin = (agent: object) =>
      served.ask("POST", "/api/conversations", {
        workspace: { working_dir: served.workspace, type: "local" },
        agent,
        user_id: "me",
        plugins: null,
      });
    const refused = await begin({ ...testAgent, tools: [{ name: "teleport" }] });
    assert.equal(refused.status, 422);
    assert.match(refused.body.detail, /"teleport"/);
    const taken = await begin({ ...testAgent, critic: { kind: "X" }, llm: { ...testAgent.llm, top_k: null, new_field: 1 } });
    assert.deepEqual([taken.status, taken.body.agent.critic, taken.body.agent.llm.new_field], [201, { kind: "X" }, 1]);
  });

  it("finds pages in each order, by status, and starts anew for an unknown page", async () => {
    await using served = await serveHosting();
    const ids = await beginSome(served, 5);
    const search = async (query: string) => (await served.ask("GET", `/api/conversations/search?${query}`)).body;
    const first = await search("limit=2");
    assert.deepEqual(idsOf(first), [ids[4], ids[3]]);
    const second = await search(`limit=2&page_id=${first.next_page_id}`);
    assert.deepEqual(idsOf(second), [ids[2], ids[1]]);
    const last = await search(`limit=2&page_id=${second.next_page_id}`);
    assert.deepEqual([idsOf(last), last.next_page_id], [[ids[0]], null]);
    assert.equal((await search("limit=5")).next_page_id, null);
    assert.deepEqual(idsOf(await search("sort_order=CREATED_AT")), ids);
    await served.ask("PATCH", `/api/conversations/${ids[1]}`, { title: "newest" });
    assert.equal(idsOf(await search("sort_order=UPDATED_AT_DESC"))[0], ids[1]);
    assert.deepEqual(idsOf(await search(`page_id=${"0".repeat(32)}`)), ids.toReversed());
    assert.deepEqual(idsOf(await search("status=running")), []);
    assert.equal((await served.ask("GET", "/api/conversations/count?status=idle")).body, 5);
    assert.equal((await served.ask("GET", "/api/conversations/search?limit=0")).status, 422);
    assert.equal((await served.ask("GET", "/api/conversations/search?limit=1000")).status, 200);
    const batch = await served.ask("GET", `/api/conversations?ids=${ids[2]}&ids=${unknown}&ids=${ids[0]}`);
    assert.deepEqual(
      batch.body.map((info: { id: string } | null) => info?.id ?? null),
      [ids[2], null, ids[0]],
    );
    assert.deepEqual(
      [(await served.ask("GET", "/api/conversations")).status, (await served.ask("GET", "/api/conversations?ids=x")).status],
      [422, 422],
    );
  });
});

const parsedAgent = {
  kind: "Agent" as const,
  llm: { model: "m", api_key: null, usage_id: "default", num_retries: 5, retry_min_wait: 8, retry_max_wait: 64, stream: false },
  tools: [],
  mcp_config: {},
  include_default_tools: [],
  tool_concurrency_limit: 1,
};

async function beginSome(served: ServedHosting, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) ids.push(await served.begin());
  return ids;
}

function idsOf({ items }: { readonly items: readonly { readonly id: string }[] }): string[] {
  return items.map(({ id }) => id);
}
