import assert from "node:assert/strict";

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { until } from "../support/until.ts";
import { RemoteConversation, RemoteWorkspace } from "./officialClient.ts";
import { modelKey } from "./playedModel.ts";
import { kinds, refusal, type Stage, startOf, tools, withStage } from "./server.ts";

describe("steering conversations, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const conversations = () => stage.client.conversations;
  const missing = "00000000-0000-4000-8000-000000000000";
  const info = (id: string) => conversations().getConversation(id);
  const modelsOf = async (id: string) => (await info(id)).agent.llm.model;

  it("forks: the events up to one of them or all, idle, with the agent, and the source is as it was", async () => {
    const id = await stage.conversation({ tags: { from: "source" } });
    await stage.play(id, "One.\n> say First.");
    await stage.play(id, "Two.\n> say Second.");
    const before = await stage.events(id);
    const whole = await conversations().forkConversation(id, { title: "The fork" });
    assert.deepEqual([whole.execution_status, whole.title, whole.tags?.["title"]], ["idle", "The fork", "The fork"]);
    assert.deepEqual([whole["forked_from_conversation_id"], whole.agent.llm.model], [id, "openai/gpt-4o"]);
    assert.deepEqual(whole.stats, { usage_to_metrics: {} });
    const said = async (of: string) =>
      (await stage.events(of)).filter(({ kind }) => kind === "MessageEvent").map((event) => event["llm_message"].content[0].text);
    assert.deepEqual(
      (await said(whole.id)).filter((text) => !text.includes(">")),
      ["First.", "Second."],
    );
    const first = before.find(({ kind, source }) => kind === "MessageEvent" && source === "agent")!;
    const part = await stage.wire("POST", `/api/conversations/${id}/fork`, { from_event_id: first.id, reset_metrics: false });
    assert.deepEqual([part.status, part.json.forked_from_event_id], [201, first.id]);
    assert.notDeepEqual(part.json.stats, { usage_to_metrics: {} });
    assert.deepEqual((await said(part.json.id)).at(-1), "First.");
    assert.equal(await stage.play(part.json.id, "Three.\n> say Third."), "finished");
    assert.deepEqual(await stage.events(id), before);
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/fork`, { from_event_id: missing })).status, 404);
  });

  it("§10.32 refuses a fork to an id that is taken, before it writes anything, and forks client tools", async () => {
    const client_tools = [{ name: "show", description: "Shows.", parameters: { type: "object", properties: {} } }];
    const id = await stage.conversation({ client_tools });
    const other = await stage.conversation();
    const count = await conversations().countConversations();
    const folders = await readdir(stage.dataFolder, { recursive: true });
    assert.equal(await refusal(conversations().forkConversation(id, { id: other })), 409);
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/fork`, { id: randomUUID(), from_event_id: missing })).status, 404);
    assert.equal(await conversations().countConversations(), count);
    assert.deepEqual((await readdir(stage.dataFolder, { recursive: true })).length, folders.length);
    const fork = await conversations().forkConversation(id, { id: randomUUID() }, { includeSkills: true });
    assert.deepEqual(fork["client_tools"], client_tools);
  });

  it("§10.33 navigates: nothing is told, what comes next hangs there, and null begins a new root", async () => {
    const id = await stage.conversation();
    await stage.play(id, "One.\n> say First.");
    await stage.play(id, "Two.\n> say Second.");
    const before = await stage.events(id);
    const first = before.find(({ kind, source }) => kind === "MessageEvent" && source === "agent")!;
    const moved = await conversations().navigateConversation(id, { event_id: first.id });
    assert.equal(moved.leaf_event_id, first.id);
    assert.deepEqual(await stage.events(id), before);
    await stage.play(id, "Three.\n> say Third.");
    const message = (await stage.events(id)).filter(({ kind, source }) => kind === "MessageEvent" && source === "user").at(-1)!;
    assert.equal(message["parent_id"], first.id);
    const asked = JSON.stringify(stage.model.requests().at(-1)?.messages);
    assert.match(asked, /First\./);
    assert.doesNotMatch(asked, /Second\./);
    assert.equal((await conversations().navigateConversation(id, { event_id: null })).leaf_event_id, null);
    await stage.say(id, "A new root.", false);
    const root = (await stage.events(id)).slice(before.length).find((event) => event["parent_id"] === "__root__");
    assert.ok(root !== undefined);
    assert.equal((await conversations().navigateConversation(id, { event_id: first.id })).leaf_event_id, first.id);
    assert.equal(await refusal(conversations().navigateConversation(id, { event_id: missing })), 404);
  });

  it("§10.28 takes secrets as text, as a value and as a source in one request, and shows none of them", async () => {
    const id = await stage.conversation();
    const secrets = {
      PLAIN: "one-very-secret",
      OBJECT: { value: "two-very-secret" },
      SOURCE: { kind: "StaticSecret", value: "three-very-secret" },
    };
    assert.deepEqual(await stage.wire("POST", `/api/conversations/${id}/secrets`, { secrets }), { status: 200, json: { success: true } });
    const sources = (await info(id))["secret_registry"] as { secret_sources: Record<string, unknown> };
    assert.deepEqual(Object.keys(sources.secret_sources).toSorted(), ["OBJECT", "PLAIN", "SOURCE"]);
    assert.equal(
      await stage.play(id, "Use.\n> terminal echo $PLAIN $OBJECT $SOURCE | tr a-z A-Z | cut -c1-30\n> terminal echo $PLAIN\n> say Used."),
      "finished",
    );
    const events = await stage.events(id);
    const [shouted, masked] = events.filter(({ kind }) => kind === "ObservationEvent");
    assert.match(JSON.stringify(shouted), /ONE-VERY-SECRET TWO-VERY-SECRE/);
    assert.match(JSON.stringify(masked), /<secret-hidden>/);
    assert.doesNotMatch(JSON.stringify([events, await info(id), stage.model.requests()]) + stage.server.log(), /-very-secret/);
    assert.equal((await stage.wire("POST", `/api/conversations/${id}/secrets`, { secrets: { A: 5 } })).status, 422);
  });

  it("resolves a secret that lies in the server's settings", async () => {
    await stage.client.settings.upsertSecret({ name: "STORED", value: "looked-up-secret" });
    const secrets = {
      STORED: { kind: "LookupSecret", url: "/api/settings/secrets/STORED", headers: { "X-Session-API-Key": stage.server.key } },
    };
    const id = await stage.conversation({ secrets });
    assert.equal(await stage.play(id, "Use.\n> terminal echo $STORED | tr a-z A-Z\n> say Used."), "finished");
    assert.match(JSON.stringify(await stage.events(id)), /LOOKED-UP-SECRET/);
  });

  it("asks the agent beside the conversation, which keeps nothing of it", async () => {
    const id = await stage.conversation();
    await stage.play(id, "One.\n> say First.");
    const before = (await stage.events(id)).filter(({ kind }) => kind !== "ConversationStateUpdateEvent");
    const { response } = await conversations().askAgent(id, "What did you do?\n> say I said first.");
    assert.ok(response.length > 0);
    const after = (await stage.events(id)).filter(({ kind }) => kind !== "ConversationStateUpdateEvent");
    assert.deepEqual(after, before);
    assert.match(JSON.stringify(stage.model.requests().at(-1)), /What did you do\?/);
  });

  it("condenses when it is told to, and says what to do where there is no condenser", async () => {
    const condenser = { kind: "LLMSummarizingCondenser", llm: stage.model.llm({ usage_id: "condenser" }), max_size: 80, keep_first: 2 };
    const id = await stage.conversation({ agent: { kind: "Agent", llm: stage.model.llm(), tools, condenser } });
    for (const text of ["One", "Two", "Three", "Four"]) await stage.play(id, `${text}.\n> terminal echo ${text}\n> say Done.`);
    assert.deepEqual(await conversations().condenseConversation(id), { success: true });
    await until("the summary", async () => kinds(await stage.events(id)).includes("Condensation"));
    const condensation = (await stage.events(id)).find(({ kind }) => kind === "Condensation")!;
    assert.ok(condensation["forgotten_event_ids"].length > 0);
    const none = await stage.conversation();
    await stage.play(none, "One.\n> say First.");
    assert.equal(await refusal(conversations().condenseConversation(none)), 400);
  });

  it("§10.69 refuses an empty goal and one of nobody, takes a stop without one, and has nothing to resume then", async () => {
    const id = await stage.conversation();
    const statuses = [
      await refusal(conversations().startGoal(id, { objective: "  " })),
      await refusal(conversations().resumeGoal(id)),
      await refusal(conversations().startGoal(missing, { objective: "x" })),
      await refusal(conversations().stopGoal(missing)),
      await refusal(conversations().resumeGoal(missing)),
    ];
    assert.deepEqual(statuses, [400, 400, 404, 404, 404]);
    assert.deepEqual(await conversations().stopGoal(id), { success: true });
  });

  it("pursues a goal and says how far it is", async () => {
    const id = await stage.conversation();
    await conversations().startGoal(id, { objective: "Write it.\n> say Written.", max_iterations: 2 });
    const goals = () => stage.events(id).then((events) => events.filter(({ key }) => key === "goal").map(({ value }) => value));
    await until("the goal to end", async () => (await goals()).some(({ active }) => active === false));
    const [first] = await goals();
    assert.deepEqual([first.active, first.status, first.max_iterations], [true, "running", 2]);
    assert.ok(["complete", "capped"].includes((await goals()).at(-1).status));
  });

  it("§10.30 switches the model by its usage id: a known one keeps its first, and the switch outlives a restart", async () => {
    const id = await stage.conversation();
    await conversations().switchLLM(id, stage.model.llm({ usage_id: "fresh", model: "openai/second" }));
    assert.equal(await modelsOf(id), "openai/second");
    await conversations().switchLLM(id, stage.model.llm({ usage_id: "fresh", model: "openai/third" }));
    assert.equal(await modelsOf(id), "openai/second");
    await stage.restart();
    assert.equal(await modelsOf(id), "openai/second");
    await stage.play(id, "Who?\n> say Me.");
    assert.equal(stage.model.requests().at(-1)?.model.replace("openai/", ""), "second");
  });

  it("§10.31 lets the condenser follow the switch only when it had the agent's model", async () => {
    const condenserOf = async (given: object) => {
      const condenser = { kind: "LLMSummarizingCondenser", llm: given, max_size: 80, keep_first: 2 };
      const id = await stage.conversation({ agent: { kind: "Agent", llm: stage.model.llm(), tools, condenser } });
      await conversations().switchLLM(id, stage.model.llm({ usage_id: `fresh-${id}`, model: "openai/second" }));
      return ((await info(id)).agent["condenser"] as { llm: { model: string } }).llm.model;
    };
    assert.equal(await condenserOf(stage.model.llm()), "openai/second");
    assert.equal(await condenserOf(stage.model.llm({ usage_id: "condenser", model: "openai/own" })), "openai/own");
  });

  it("switches to a profile that is kept, refuses one that is not, and has no ACP", async () => {
    const id = await stage.conversation();
    await stage.client.profiles.saveProfile("kept", { llm: stage.model.llm({ model: "openai/kept" }), include_secrets: true });
    await conversations().switchProfile(id, "kept");
    assert.equal(await modelsOf(id), "openai/kept");
    assert.equal(await stage.play(id, "Go.\n> say With the profile's key."), "finished");
    assert.equal(await refusal(conversations().switchProfile(id, "never")), 404);
    assert.equal(await refusal(conversations().switchAcpModel(id, "x")), 400);
  });

  it("§10.29 decrypts keys that come back encrypted", async () => {
    await stage.client.profiles.saveProfile("secretive", { llm: stage.model.llm(), include_secrets: true });
    const { config } = await stage.client.profiles.getProfile("secretive", { exposeSecrets: "encrypted" });
    const api_key = (config as { api_key: string }).api_key;
    assert.match(api_key, /^gAAAAA/);
    const id = await stage.conversation();
    await conversations().switchLLM(id, stage.model.llm({ usage_id: "encrypted", api_key }));
    assert.equal(await stage.play(id, "Go.\n> say Decrypted."), "finished");
    const agent = { kind: "Agent", llm: stage.model.llm({ api_key }), tools: [] };
    const second = await stage.conversation({ agent, secrets_encrypted: true });
    assert.equal(await stage.play(second, "Go.\n> say Decrypted."), "finished");
    assert.ok(!JSON.stringify(await info(second)).includes(modelKey));
  });

  it("§10.42 gives the trajectory as a zip, without the keys", async () => {
    const condenser = { kind: "LLMSummarizingCondenser", llm: stage.model.llm({ usage_id: "condenser", api_key: "sk-of-the-condenser" }) };
    const id = await stage.conversation({
      agent: { kind: "Agent", llm: stage.model.llm({ aws_secret_access_key: "aws-secret" }), tools, condenser },
    });
    await stage.play(id, "One.\n> say First.");
    const zip = Buffer.from(await (await stage.client.files.downloadTrajectory(id)).arrayBuffer());
    assert.equal(zip.subarray(0, 2).toString(), "PK");
    const text = unzipped(zip).join("\n");
    assert.match(text, /First\./);
    for (const secret of [modelKey, "sk-of-the-condenser", "aws-secret"]) assert.ok(!text.includes(secret), secret);
  });

  it("§10.4 gives a conversation its title by itself unless told not to, and keeps the person's", async () => {
    const titleOf = async (more: Readonly<Record<string, unknown>>) => {
      const id = await stage.conversation(more);
      if ("rename" in more) await conversations().updateConversation(id, { title: "Mine" });
      await stage.play(id, "Please mend the gate.\n> say Mended.");
      return id;
    };
    const titled = await titleOf({ autotitle: undefined });
    await until("the title", async () => (await info(titled)).title != null);
    assert.ok((await info(titled)).title!.length <= 50);
    assert.equal((await info(await titleOf({ autotitle: false }))).title, null);
    const mine = await titleOf({ autotitle: true, rename: true });
    await stage.play(mine, "Again.\n> say Yes.");
    assert.equal((await info(mine)).title, "Mine");
  });

  it("is steered through the client's own conversation too", async () => {
    const workspace = new RemoteWorkspace({ host: stage.server.url, workingDir: stage.workspace, apiKey: stage.server.key });
    const remote = new RemoteConversation({ kind: "Agent", llm: stage.model.llm(), tools }, workspace);
    await remote.start({ initialMessage: "Go.\n> say Hi." });
    await stage.untilStatus(remote.id, "finished");
    await remote.setTitle("A name");
    await remote.setConfirmationPolicy({ kind: "AlwaysConfirm" });
    await remote.setSecurityAnalyzer(null);
    await remote.updateSecrets({ ONE: "1-secret", TWO: () => "2-secret" });
    assert.deepEqual(await remote.state.getConfirmationPolicy(), { kind: "AlwaysConfirm" });
    assert.equal(typeof (await remote.state.getPersistenceDir()), "string");
    assert.deepEqual(await remote.state.getActivatedKnowledgeSkills(), []);
    assert.deepEqual(await remote.loadHooks(), null);
    assert.equal(await remote.getHookConfig(), null);
    assert.ok("usage_to_metrics" in (await remote.conversationStats()));
    await remote.sendMessage({ role: "user", content: [{ type: "text", text: "Ask.\n> terminal true\n> say Done." }] });
    await remote.run();
    await stage.untilStatus(remote.id, "waiting_for_confirmation");
    await remote.sendConfirmationResponse(false, "no");
    await remote.pause();
    await remote.switchLlm(stage.model.llm({ usage_id: "of-the-class", model: "openai/class" }));
    const fork = await remote.fork({ title: "Forked" });
    assert.equal((await info(fork.id)).title, "Forked");
    await remote.navigateTo(null);
    assert.equal((await remote.state.refresh()).leaf_event_id, null);
    assert.ok((await remote.downloadTrajectory()).size > 0);
    assert.ok((await remote.askAgent("What?")).length > 0);
    await assert.rejects(remote.startGoal(""), { status: 400 });
    await remote.stopGoal();
    await assert.rejects(remote.resumeGoal(), { status: 400 });
    await assert.rejects(remote.switchProfile("never"), { status: 404 });
    await assert.rejects(remote.switchAcpModel("x"), { status: 400 });
    await assert.rejects(remote.condense(), { status: 400 });
    await remote.close();
    assert.equal(startOf(stage).autotitle, false);
  });
});

/** The texts of all its files, by Python, which has an unzip of its own. */
function unzipped(zip: Buffer): string[] {
  const program =
    "import sys,io,zipfile,json\nz=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\njson.dump([z.read(n).decode('utf8','replace') for n in z.namelist()],sys.stdout)";
  return JSON.parse(execFileSync("python3", ["-c", program], { input: zip, encoding: "utf8", maxBuffer: 1e8 })) as string[];
}
