import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { gate } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("conversations of sandbox-server, when it ends and starts again", () => {
  let folder: TempFolder;
  const data = () => path.join(folder.path, "data");
  const workspace = () => folder.path;
  const start = (env = {}): Promise<HeadlessServer> => startHeadless({ workspace: workspace(), args: ["--data", data()], env });

  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it("are all there, with their agents, keys, tags and titles, and nothing has changed (§10.35)", async () => {
    await using llm = await startFakeLlm([{ text: "One." }, { text: "Two." }]);
    let before: unknown;
    let id: string;
    {
      await using server = await start();
      id = await begin(server, llm.url, { tags: { a: "1" } });
      await say(server, id, "Hello.");
      await becomes(server, id, "finished");
      await patch(server, id, { title: "Mine" });
      before = await all(server);
    }
    const kept = await readFile(path.join(data(), "conversations", id, "meta.json"), "utf8");
    equal(kept.includes("sk-of-the-test"), false);
    await using server = await start();
    deepEqual(await all(server), before);
    await say(server, id, "Again.");
    await becomes(server, id, "finished");
    deepEqual(
      llm.requests.map(({ headers }) => headers["authorization"]),
      ["Bearer sk-of-the-test", "Bearer sk-of-the-test"],
    );
    equal((await server.ask(`/api/conversations/${id}/agent_final_response`)).json.response, "Two.");
  });

  it("§10.34 tell after a kill what was going: an error, and one result for the action, whose outcome is unknown", async () => {
    const call = { name: "terminal", arguments: { command: "sleep 100" } };
    await using llm = await startFakeLlm([{ toolCalls: [call] }]);
    let id: string;
    {
      const server = await start();
      id = await begin(server, llm.url);
      await say(server, id, "Go.");
      await until("the command", async () => (await server.ask(`/api/conversations/${id}/events/count?kind=ActionEvent`)).json === 1);
      server.child.kill("SIGKILL");
      await once(server.child, "close");
    }
    await using server = await start();
    const [info] = (await server.ask("/api/conversations/search?status=error")).json.items;
    equal(info.id, id);
    const events = (await server.ask(`/api/conversations/${id}/events/search`)).json.items;
    const action = events.find(({ kind }: { kind: string }) => kind === "ActionEvent");
    const results = events.filter((event: { kind: string; tool_call_id?: string }) => event.kind === "AgentErrorEvent");
    deepEqual(
      results.map((event: { tool_call_id: string; classification: { kind: string } }) => [event.tool_call_id, event.classification.kind]),
      [[action.tool_call_id, "internal"]],
    );
    const count = (await server.ask(`/api/conversations/${id}/events/count`)).json;
    await server.ask(`/api/conversations/${id}`);
    equal((await server.ask(`/api/conversations/${id}/events/count`)).json, count);
  });

  it("are paused by a server that is told to end, and what waits for an answer waits on", async () => {
    const call = { name: "terminal", arguments: { command: "echo hi > hi.txt" } };
    const held = gate();
    await using llm = await startFakeLlm([{ toolCalls: [call] }, { text: "…", gate: held }, { text: "Done." }]);
    let waiting: string;
    let running: string;
    {
      await using server = await start();
      waiting = await begin(server, llm.url, { confirmation_policy: { kind: "AlwaysConfirm" } });
      await say(server, waiting, "Go.");
      await becomes(server, waiting, "waiting_for_confirmation");
      running = await begin(server, llm.url);
      await say(server, running, "Go.");
      await held.reached;
    }
    held.release();
    await using server = await start();
    const statusOf = async (id: string) => (await server.ask(`/api/conversations/${id}`)).json.execution_status;
    deepEqual([await statusOf(waiting), await statusOf(running)], ["waiting_for_confirmation", "paused"]);
    await server.ask(`/api/conversations/${waiting}/events/respond_to_confirmation`, { json: { accept: true } });
    await becomes(server, waiting, "finished");
    equal((await readFile(path.join(folder.path, "hi.txt"), "utf8")).trim(), "hi");
  });

  it("of another server on the same folder are not there (§10.37)", async () => {
    await using llm = await startFakeLlm([{ text: "…", gate: gate() }]);
    await using owner = await start();
    const id = await begin(owner, llm.url);
    await say(owner, id, "Go.");
    await becomes(owner, id, "running");
    await using other = await start();
    equal((await other.ask(`/api/conversations/${id}`)).status, 404);
    equal((await other.ask("/api/conversations/count")).json, 0);
    equal((await other.ask(`/api/conversations/${id}/run`, { method: "POST" })).status, 404);
    equal((await owner.ask(`/api/conversations/${id}`)).json.execution_status, "running");
  });

  it("are listed although one of them is damaged", async () => {
    await using llm = await startFakeLlm([{ text: "One." }]);
    let ids: string[];
    {
      await using server = await start();
      ids = [await begin(server, llm.url), await begin(server, llm.url)];
    }
    const { writeFile, rm } = await import("node:fs/promises");
    const broken = path.join(data(), "conversations", ids[0] ?? "");
    await writeFile(path.join(broken, "meta.json"), '{"agent":');
    await rm(path.join(broken, "summary.json"));
    await using server = await start();
    const { items } = (await server.ask("/api/conversations/search")).json;
    deepEqual(items.map((info: { id: string }) => info.id).sort(), ids.sort());
    match((await server.ask(`/api/conversations/${ids[1]}`)).json.agent.llm.model, /fake/);
  });

  async function begin(server: HeadlessServer, url: string, more: object = {}): Promise<string> {
    const llm = { model: "openai/fake", base_url: url, api_key: "sk-of-the-test", num_retries: 1, usage_id: "agent" };
    const agent = { kind: "Agent", llm, tools: [{ name: "terminal" }] };
    const json = { agent, workspace: { working_dir: workspace() }, autotitle: false, ...more };
    const answer = await server.ask("/api/conversations", { json });
    equal(answer.status, 201, JSON.stringify(answer.json));
    return answer.json.id;
  }
});

async function say(server: HeadlessServer, id: string, text: string): Promise<void> {
  const json = { content: [{ type: "text", text }], run: true };
  equal((await server.ask(`/api/conversations/${id}/events`, { json })).status, 200);
}

async function patch(server: HeadlessServer, id: string, json: object): Promise<void> {
  equal((await server.ask(`/api/conversations/${id}`, { method: "PATCH", json })).status, 200);
}

async function all(server: HeadlessServer): Promise<unknown> {
  return (await server.ask("/api/conversations/search?include_skills=true")).json;
}

async function becomes(server: HeadlessServer, id: string, status: string): Promise<void> {
  await until(`the status ${status}`, async () => (await server.ask(`/api/conversations/${id}`)).json.execution_status === status);
}
