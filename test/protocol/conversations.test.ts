import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { refusal, type Stage, startOf, tools, withStage } from "./server.ts";

describe("conversations, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const unknown = "00000000-0000-4000-8000-000000000000";
  const conversations = () => stage.client.conversations;

  it("creates one, and tells all that the protocol says of it", async () => {
    const info = await conversations().createConversation(startOf(stage, { tags: { team: "blue" }, max_iterations: 7 }));
    assert.match(info.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const { workspace, agent, created_at, updated_at, persistence_dir, stats, secret_registry, ...rest } = info;
    assert.deepEqual(workspace, { kind: "LocalWorkspace", working_dir: stage.workspace });
    assert.match(created_at ?? "", /Z$/);
    assert.match(updated_at ?? "", /Z$/);
    assert.equal(typeof persistence_dir, "string");
    assert.deepEqual([stats, secret_registry], [{ usage_to_metrics: {} }, { secret_sources: {} }]);
    assert.deepEqual([agent.kind, agent.llm.model, agent.llm.api_key], ["Agent", "openai/gpt-4o", null]);
    assert.deepEqual(
      (agent["tools"] as { name: string }[]).map(({ name }) => name),
      tools.map(({ name }) => name),
    );
    assert.deepEqual(rest, {
      id: info.id,
      max_iterations: 7,
      stuck_detection: true,
      execution_status: "idle",
      confirmation_policy: { kind: "NeverConfirm" },
      security_analyzer: null,
      activated_knowledge_skills: [],
      invoked_skills: [],
      blocked_actions: {},
      blocked_messages: {},
      last_user_message_id: null,
      leaf_event_id: null,
      agent_state: {},
      hook_config: null,
      title: null,
      metrics: null,
      forked_from_conversation_id: null,
      forked_from_event_id: null,
      parent_conversation_id: null,
      sub_conversation_ids: [],
      tags: { team: "blue" },
      current_model_id: null,
      available_models: [],
      supports_runtime_model_switch: false,
      launched_agent_profile: null,
      client_tools: [],
    });
    assert.deepEqual(await stage.events(info.id), []);
    assert.equal(await conversations().getEventCount(info.id), 0);
  });

  it("§10.1 gives back the conversation that has the id already, unchanged, with 200", async () => {
    const conversation_id = randomUUID();
    const first = await stage.wire("POST", "/api/conversations", startOf(stage, { conversation_id, tags: { a: "1" } }));
    const second = await stage.wire("POST", "/api/conversations", startOf(stage, { conversation_id, tags: { b: "2" }, max_iterations: 3 }));
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.deepEqual([first.json.id, second.json.tags, second.json.max_iterations], [conversation_id, { a: "1" }, 500]);
  });

  it("§10.2 takes an agent without a kind when it has an llm, and refuses one of ACP without a kind", async () => {
    const { status, json } = await stage.wire("POST", "/api/conversations", startOf(stage, { agent: { llm: stage.model.llm() } }));
    assert.deepEqual([status, json.agent.kind, json.agent.tools], [201, "Agent", []]);
    assert.equal((await stage.wire("POST", "/api/conversations", startOf(stage, { agent: { acp_command: ["x"] } }))).status, 422);
  });

  it("§10.3 prefers the agent to settings, and refuses a profile beside either", async () => {
    const agent_settings = { agent_kind: "openhands", llm: stage.model.llm({ model: "openai/other" }) };
    const both = await stage.wire("POST", "/api/conversations", startOf(stage, { agent_settings }));
    assert.deepEqual([both.status, both.json.agent.llm.model], [201, "openai/gpt-4o"]);
    const settings = await stage.wire("POST", "/api/conversations", startOf(stage, { agent: undefined, agent_settings }));
    assert.deepEqual([settings.status, settings.json.agent.llm.model], [201, "openai/other"]);
    const names = settings.json.agent.tools.map(({ name }: { name: string }) => name);
    for (const name of ["terminal", "file_editor", "task_tracker"]) assert.ok(names.includes(name), name);
    const agent_profile_id = randomUUID();
    for (const beside of [{}, { agent: undefined, agent_settings }])
      assert.equal((await stage.wire("POST", "/api/conversations", startOf(stage, { agent_profile_id, ...beside }))).status, 422);
    assert.equal((await stage.wire("POST", "/api/conversations", startOf(stage, { agent: undefined, agent_profile_id }))).status, 404);
  });

  it("refuses a request whose parts are of the wrong kind, and ignores fields that it does not know", async () => {
    const asked = (more: object) => stage.wire("POST", "/api/conversations", startOf(stage, { ...more }));
    for (const wrong of [{ agent: "me" }, { workspace: 1 }, { workspace: undefined }, { agent: undefined }, { max_iterations: 0 }])
      assert.equal((await asked(wrong)).status, 422, JSON.stringify(wrong));
    const { status, json } = await asked({ max_iterations: "many" });
    assert.deepEqual([status, json.detail[0].loc], [422, ["body", "max_iterations"]]);
    for (const part of ["type", "msg"]) assert.equal(typeof json.detail[0][part], "string", part);
    assert.ok("input" in json.detail[0]);
    assert.equal(
      (await asked({ user_id: "u", tool_module_qualnames: { a: "b" }, observability_tags: ["t"], no_such_field: 1 })).status,
      201,
    );
    assert.equal((await asked({ workspace: { type: "local", working_dir: stage.workspace } })).status, 201);
  });

  it("§10.26 does not echo a key that was in a request it refuses", async () => {
    const agent = {
      kind: "Agent",
      llm: { model: 5, api_key: "sk-very-secret" },
      tools: [{ name: 1, params: { env: { TOKEN: "env-very-secret" } } }],
    };
    const { status, json } = await stage.wire(
      "POST",
      "/api/conversations",
      startOf(stage, { agent, secrets: { A: { kind: "StaticSecret", value: 5 } } }),
    );
    assert.equal(status, 422);
    assert.doesNotMatch(JSON.stringify(json), /very-secret/);
  });

  it("§10.38 makes the folder of a new conversation a repository, once, and leaves one that is there alone", async () => {
    const working_dir = path.join(stage.workspace, "..", "made", "here");
    await stage.conversation({ workspace: { working_dir } });
    assert.ok(existsSync(path.join(working_dir, ".git")));
    const inside = path.join(working_dir, "deeper");
    await mkdir(inside);
    await stage.conversation({ workspace: { working_dir: inside } });
    assert.ok(!existsSync(path.join(inside, ".git")));
  });

  it("§10.6 renames and tags one, with the title trimmed, and says success:false of one that is not there", async () => {
    const id = await stage.conversation();
    const patch = (json: object, of = id) => stage.wire("PATCH", `/api/conversations/${of}`, json);
    assert.deepEqual(await conversations().updateConversation(id, { title: "  A name  " }), { success: true });
    assert.equal((await conversations().getConversation(id)).title, "A name");
    assert.deepEqual(await patch({ title: "x" }, unknown), { status: 200, json: { success: false } });
    for (const title of ["", "   ", "x".repeat(201)]) assert.equal((await patch({ title })).status, 422, title);
    assert.equal((await patch({ title: "x".repeat(200) })).status, 200);
  });

  it("§10.65 takes tags with small letters and digits only, and replaces the whole map", async () => {
    const id = await stage.conversation({ tags: { a: "1", b: "2" } });
    await conversations().updateConversation(id, { tags: { c3: "x".repeat(256) } });
    assert.deepEqual((await conversations().getConversation(id)).tags, { c3: "x".repeat(256) });
    for (const tags of [{ Upper: "x" }, { "a-b": "x" }, { "": "x" }, { a: "x".repeat(257) }]) {
      assert.equal((await stage.wire("PATCH", `/api/conversations/${id}`, { tags })).status, 422, JSON.stringify(Object.keys(tags)));
      assert.equal(
        (await stage.wire("POST", "/api/conversations", startOf(stage, { tags }))).status,
        422,
        JSON.stringify(Object.keys(tags)),
      );
    }
  });

  it("§10.7 refuses what is asked of one that is not there, each in its own way", async () => {
    const all: Record<string, Promise<number>> = {
      delete: refusal(conversations().deleteConversation(unknown)),
      pause: refusal(conversations().pauseConversation(unknown)),
      interrupt: refusal(conversations().interruptConversation(unknown)),
      run: refusal(conversations().runConversation(unknown)),
      get: refusal(conversations().getConversation(unknown)),
      secrets: refusal(conversations().updateSecrets(unknown, { secrets: {} })),
      policy: refusal(conversations().setConfirmationPolicy(unknown, { kind: "NeverConfirm" })),
      analyzer: refusal(conversations().setSecurityAnalyzer(unknown, null)),
      search: refusal(conversations().searchEvents(unknown)),
      count: refusal(conversations().getEventCount(unknown)),
      event: refusal(conversations().getEvent(unknown, unknown)),
      send: refusal(stage.say(unknown, "hello")),
      respond: refusal(conversations().respondToConfirmation(unknown, { accept: true })),
      final: refusal(conversations().getAgentFinalResponse(unknown)),
      ask: refusal(conversations().askAgent(unknown, "what?")),
      condense: refusal(conversations().condenseConversation(unknown)),
      fork: refusal(conversations().forkConversation(unknown)),
      navigate: refusal(conversations().navigateConversation(unknown, { event_id: null })),
      switchProfile: refusal(conversations().switchProfile(unknown, "default")),
      switchLlm: refusal(conversations().switchLLM(unknown, stage.model.llm())),
      trajectory: refusal(stage.client.files.downloadTrajectory(unknown)),
    };
    const answers = await Promise.all(Object.entries(all).map(async ([name, status]) => [name, await status] as const));
    const bad = new Set(["delete", "pause", "interrupt"]);
    assert.deepEqual(Object.fromEntries(answers), Object.fromEntries(Object.keys(all).map((name) => [name, bad.has(name) ? 400 : 404])));
  });

  it("gets several in the order that was asked, null for what is not there", async () => {
    const [first, second] = [await stage.conversation(), await stage.conversation()];
    const found = await conversations().getConversations([second, unknown, first]);
    assert.deepEqual(
      found.map((info) => info?.id ?? null),
      [second, null, first],
    );
    assert.equal((await stage.wire("GET", "/api/conversations")).status, 422);
    assert.equal((await stage.wire("GET", "/api/conversations?ids=no")).status, 422);
    const many = Array.from({ length: 100 }, () => `ids=${unknown}`).join("&");
    assert.equal((await stage.wire("GET", `/api/conversations?${many}`)).status, 422);
  });

  it("searches them newest first, page by page, and counts them", async () => {
    const before = await conversations().countConversations();
    const made = [await stage.conversation(), await stage.conversation(), await stage.conversation()];
    assert.equal(await conversations().countConversations(), before + 3);
    assert.equal((await conversations().searchConversations({ limit: 1 })).items[0]?.id, made[2]);
    const first = await stage.wire("GET", "/api/conversations/search?limit=2");
    assert.deepEqual(
      first.json.items.map(({ id }: { id: string }) => id),
      [made[2], made[1]],
    );
    assert.equal(first.json.next_page_id, made[0]!.replaceAll("-", ""));
    const rest = await stage.wire("GET", `/api/conversations/search?page_id=${first.json.next_page_id}`);
    assert.equal(rest.json.items[0].id, made[0]);
    assert.equal(rest.json.items.length, before + 1);
    assert.equal(rest.json.next_page_id, null);
    const oldest = await stage.wire("GET", "/api/conversations/search?sort_order=CREATED_AT");
    assert.deepEqual(
      oldest.json.items.slice(-3).map(({ id }: { id: string }) => id),
      made,
    );
    await conversations().updateConversation(made[0]!, { title: "touched" });
    const touched = await stage.wire("GET", "/api/conversations/search?sort_order=UPDATED_AT_DESC&limit=1");
    assert.equal(touched.json.items[0].id, made[0]);
  });

  it("filters by state, refuses what is no state, and clamps a limit", async () => {
    const id = await stage.conversation();
    await stage.play(id, "Hello.\n> say Hello back.");
    const finished = await stage.wire("GET", "/api/conversations/search?status=finished");
    assert.ok(finished.json.items.some((info: { id: string }) => info.id === id));
    assert.ok(finished.json.items.every((info: { execution_status: string }) => info.execution_status === "finished"));
    assert.equal(await conversations().countConversations({ status: "finished" as never }), finished.json.items.length);
    for (const query of ["status=nothing", "limit=0", "sort_order=BEST"])
      assert.equal((await stage.wire("GET", `/api/conversations/search?${query}`)).status, 422, query);
    assert.equal((await stage.wire("GET", "/api/conversations/search?limit=1000&tag=x")).status, 200);
  });

  it("deletes one: it is gone from everywhere", async () => {
    const id = await stage.conversation();
    await conversations().deleteConversation(id);
    assert.equal(await refusal(conversations().getConversation(id)), 404);
    assert.deepEqual(await conversations().getConversations([id]), [null]);
  });

  it("§10.66 derives the children of a conversation, also after a restart, and orphans them with their parent", async () => {
    const parent = await stage.conversation();
    const [first, second] = [
      await stage.conversation({ parent_conversation_id: parent }),
      await stage.conversation({ parent_conversation_id: parent }),
    ];
    const children = async () => ((await conversations().getConversation(parent))["sub_conversation_ids"] as string[]).toSorted();
    assert.deepEqual(await children(), [first, second].toSorted());
    await stage.restart();
    assert.deepEqual(await children(), [first, second].toSorted());
    await conversations().deleteConversation(first);
    assert.deepEqual(await children(), [second]);
    await conversations().deleteConversation(parent);
    assert.equal((await conversations().getConversation(second)).id, second);
    const elsewhere = { working_dir: path.join(stage.workspace, "elsewhere") };
    for (const wrong of [{ parent_conversation_id: unknown }, { parent_conversation_id: second, workspace: elsewhere }])
      assert.equal((await stage.wire("POST", "/api/conversations", startOf(stage, wrong))).status, 422);
  });

  it("§10.64 keeps the client's own tools, and refuses one name with two schemas", async () => {
    const tool = {
      name: "canvas_ui",
      description: "Shows something.",
      parameters: { type: "object", properties: { what: { type: "string" } } },
    };
    const info = await conversations().createConversation(startOf(stage, { client_tools: [tool] }));
    assert.deepEqual(info["client_tools"], [tool]);
    const other = { ...tool, parameters: { type: "object", properties: {} } };
    assert.equal((await stage.wire("POST", "/api/conversations", startOf(stage, { client_tools: [tool, other] }))).status, 422);
  });

  it("§10.67 leaves skills out of an answer unless they are asked for, and keeps them in the agent", async () => {
    const skill = { name: "kept", content: "Be kind.", trigger: null, source: null };
    const agent = { kind: "Agent", llm: stage.model.llm(), tools: [], agent_context: { skills: [skill] } };
    const id = await stage.conversation({ agent });
    const read = async (query: string) => (await stage.wire("GET", `/api/conversations/${id}${query}`)).json.agent.agent_context.skills;
    assert.deepEqual(await read(""), []);
    const [found] = await read("?include_skills=true");
    assert.deepEqual([found.name, found.content], ["kept", "Be kind."]);
    assert.deepEqual(await read("?include_skills=false"), []);
    assert.equal((await read("?include_skills=true")).length, 1);
  });
});
