import assert from "node:assert/strict";
import { access, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { type ServedHosting, serveHosting, testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

const touch = (name: string) => ({ tool_calls: [{ name: "terminal", arguments: { command: `touch ${name}` } }] });
const openLlm = () => scriptedLlm([touch("forbidden"), { text: "Done." }, { text: "Again." }]);

async function say(served: ServedHosting, id: string, text: string): Promise<void> {
  const body = { role: "user", content: [{ type: "text", text }], run: true };
  assert.equal((await served.ask("POST", `/api/conversations/${id}/events`, body)).status, 200);
  const isOver = async (): Promise<boolean> => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished";
  await until("the run to end", isOver);
}

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
async function events(served: ServedHosting, id: string): Promise<any[]> {
  return (await served.ask("GET", `/api/conversations/${id}/events/search`)).body.items;
}

describe("skills and hooks by the agent-server protocol", () => {
  it("tell a message what it asks for, in the message itself, and say so in the conversation", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "Done." }]) });
    await mkdir(path.join(served.workspace, ".agents/skills"), { recursive: true });
    await writeFile(path.join(served.workspace, "AGENTS.md"), "Use tabs.");
    await writeFile(path.join(served.workspace, ".agents/skills/ci.md"), "---\ntriggers: [build]\n---\nRun the pipeline.");
    const given = { name: "given", content: "From the client.", trigger: { type: "keyword", keywords: ["fix"] } };
    const agent_context = { skills: [given], load_project_skills: true, user_message_suffix: "Be brief." };
    const id = await served.begin({ agent: { ...testAgent, agent_context } });
    await say(served, id, "fix the build");
    const [prompt, message] = await events(served, id);
    assert.deepEqual([prompt.kind, message.kind], ["SystemPromptEvent", "MessageEvent"]);
    assert.match(prompt.dynamic_context.text, /Use tabs\./);
    assert.deepEqual(message.activated_skills, ["given", "ci"]);
    assert.match(JSON.stringify(message.extended_content), /From the client\..*Run the pipeline\..*Be brief\./);
    const info = (await served.ask("GET", `/api/conversations/${id}`)).body;
    assert.deepEqual(info.activated_knowledge_skills, ["given", "ci"]);
    assert.deepEqual(info.agent.agent_context.skills, []);
  });

  it("read nothing of a workspace that the client has not asked for", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([{ text: "Done." }]) });
    await writeFile(path.join(served.workspace, "AGENTS.md"), "Use tabs.");
    const id = await served.begin();
    await say(served, id, "Hello.");
    assert.doesNotMatch(JSON.stringify(await events(served, id)), /Use tabs/);
  });

  it("run the hooks of the request, and no others", async () => {
    await using served = await serveHosting({ openLlm });
    await mkdir(path.join(served.workspace, ".openhands"));
    await writeFile(
      path.join(served.workspace, ".openhands/hooks.json"),
      JSON.stringify({ stop: [{ hooks: [{ command: "touch ran" }] }] }),
    );
    const hook_config = { PreToolUse: [{ matcher: "terminal", hooks: [{ command: "echo no >&2; exit 2" }] }] };
    const id = await served.begin({ hook_config });
    await say(served, id, "Go.");
    const all = await events(served, id);
    const told = all.map(({ kind, key }) => (kind === "ConversationStateUpdateEvent" ? key : kind));
    assert.equal(told[0], "hook_config");
    assert.equal(told[1], "SystemPromptEvent");
    const guarded = told.filter((name) => /Hook|^ActionEvent|blocked_actions|Reject/.test(name));
    assert.deepEqual(guarded, ["HookExecutionEvent", "blocked_actions", "ActionEvent", "blocked_actions", "UserRejectObservation"]);
    const hook = all.find(({ kind }) => kind === "HookExecutionEvent");
    assert.deepEqual([hook.hook_event_type, hook.blocked, hook.exit_code, hook.stderr], ["PreToolUse", true, 2, "no\n"]);
    for (const name of ["forbidden", "ran"]) await assert.rejects(access(path.join(served.workspace, name)));
    const info = (await served.ask("GET", `/api/conversations/${id}`)).body;
    assert.deepEqual(info.blocked_actions, {});
    assert.equal(info.hook_config.pre_tool_use[0].hooks[0].command, "echo no >&2; exit 2");
  });

  it("are refused where they are none: an unknown event, a command that is missing", async () => {
    await using served = await serveHosting({ openLlm });
    for (const hook_config of [{ before_tool: [] }, { stop: [{ hooks: [{ type: "command" }] }] }]) {
      const request = { workspace: { working_dir: served.workspace }, agent: testAgent, hook_config };
      assert.equal((await served.ask("POST", "/api/conversations", request)).status, 422, JSON.stringify(hook_config));
    }
  });
});
