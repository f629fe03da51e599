import assert from "node:assert/strict";
import path from "node:path";
import { serveMcpOverHttp } from "../support/mcpOverHttp.ts";
import { type Stage, startOf, withStage } from "./server.ts";

const script = path.resolve(import.meta.dirname, "../unit/server/fixtures/toolServer.ts");
const secret = "token-of-the-mcp-server";

describe("tools of MCP servers, by the official client", () => {
  let stage: Stage;
  withStage((opened) => (stage = opened));
  const program = { command: process.execPath, args: [script], env: { API_TOKEN: secret } };
  const of = async (id: string, kind: string) => (await stage.events(id)).filter((event) => event.kind === kind);
  const begin = async (mcp_config: object, more: Readonly<Record<string, unknown>> = {}) => {
    const { agent, ...start } = startOf(stage, more);
    return (await stage.client.conversations.createConversation({ ...start, agent: { ...agent, mcp_config } })).id;
  };

  it("§5.11 asks before it calls one, calls it, and the agent reads what it answers", async () => {
    const id = await begin({ one: program }, { confirmation_policy: { kind: "AlwaysConfirm" } });
    assert.equal(await stage.play(id, 'Ask.\n> call echo {"text":"through the server"}\n> say Done.'), "waiting_for_confirmation");
    const [action] = await of(id, "ActionEvent");
    assert.deepEqual(
      [action?.["tool_name"], action?.["action"]],
      ["echo", { kind: "MCPToolAction", data: { text: "through the server" } }],
    );
    assert.deepEqual(await of(id, "ObservationEvent"), []);
    await stage.client.conversations.respondToConfirmation(id, { accept: true });
    assert.equal(await stage.untilStatus(id, "finished", "error"), "finished");
    const [{ observation } = { observation: undefined }] = await of(id, "ObservationEvent");
    assert.deepEqual([observation.kind, observation.tool_name, observation.is_error], ["MCPToolObservation", "echo", false]);
    assert.deepEqual(
      observation.content.map(({ text }: { text: string }) => text),
      ["[Tool 'echo' executed.]", "echo: through the server"],
    );
    assert.match(JSON.stringify(stage.model.requests().at(-1)?.messages), /echo: through the server/);
  });

  it("uses servers of both kinds at once, and none of its own keys or theirs is told", async () => {
    await using web = await serveMcpOverHttp();
    const id = await begin({ program, web: { url: web.url, headers: { Authorization: `Bearer ${secret}` } } });
    assert.equal(await stage.play(id, 'Both.\n> call web_echo {"text":"a"}\n> call program_env {}\n> say Done.'), "finished");
    const [first, second] = await of(id, "ObservationEvent");
    assert.equal(first?.["observation"].content[1].text, "echo: a");
    assert.match(second?.["observation"].content[1].text, /"PATH"/);
    assert.ok(web.asked.some(({ authorization }) => authorization === `Bearer ${secret}`));
    const all = JSON.stringify([await stage.events(id), await stage.client.conversations.getConversation(id), stage.model.requests()]);
    for (const hidden of [secret, stage.server.key, "a-secret-key-of-the-tests"]) assert.ok(!all.includes(hidden), hidden);
  });

  it("goes on without a server that is not there, and tells the client and the model so", async () => {
    const id = await begin({ gone: { url: "http://127.0.0.1:9/mcp" } });
    assert.equal(await stage.play(id, "Go on.\n> say Went on."), "finished");
    const notes = (await of(id, "MessageEvent")).filter(({ source }) => source === "environment");
    assert.match(notes[0]?.["llm_message"].content[0].text, /The MCP server "gone" cannot be used now: /);
    assert.match(JSON.stringify(stage.model.requests().at(-1)?.messages), /cannot be used now/);
  });
});
