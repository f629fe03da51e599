import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { HookConfig } from "../../../src/protocol/agentServer/hooks.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { bash, call, playedLlm, say } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, tempFolder } from "../../support/workspaces.ts";
import { find, hook, isThere, open, ran, story, talk } from "./hookActions.ts";
import { interrupt, statuses } from "./hostActions.ts";

describe("hooks at the beginning and end of a conversation, and when it is stopped (agent-server protocol §6.11)", () => {
  it("SessionStart and SessionEnd: run once while a conversation is open, and forbid nothing", async () => {
    await using folder = await tempFolder();
    const llm = playedLlm([say("1"), say("2"), say("3")]);
    const hooks = { session_start: hook("echo start >> sessions; exit 2"), session_end: hook("echo end >> sessions; exit 2") };
    await using work = await tempFolder();
    const openRuntime = () => openMachineRuntime({ workingDir: work.path, wall: "test", pty: "none" });
    const host = { openRuntime, agentOf: async () => ({ hooks: HookConfig.parse(hooks) }) };
    const first = await openTestHost({ llm, storeFolder: folder.path, host });
    await talk(first);
    await talk(first);
    assert.deepEqual(story(first).slice(0, 4), ["hook_config", "SessionStart", "SystemPromptEvent", "MessageEvent"]);
    await first[Symbol.asyncDispose]();
    const again = await openTestHost({ llm, storeFolder: folder.path, id: first.id, host });
    await talk(again);
    assert.equal(story(again).filter((kind) => kind === "hook_config").length, 1);
    await again[Symbol.asyncDispose]();
    assert.equal(await readFile(path.join(work.path, "sessions"), "utf8"), "start\nend\nstart\nend\n");
    await using last = await openTestHost({ llm, storeFolder: folder.path, id: first.id });
    assert.deepEqual(
      ran(last).map(({ hook_event_type }) => hook_event_type),
      ["SessionStart", "SessionEnd", "SessionStart", "SessionEnd"],
    );
  });

  it("waits for no hook in the background, and ends it with the conversation", async () => {
    const llm = playedLlm([say("1")]);
    const host = await open({ hooks: { session_start: hook("echo $$ > pid; cat > began; sleep 1000", { async: true }) }, llm });
    await talk(host);
    await until("the hook to begin", () => isThere(path.join(host.folder, "began")));
    assert.deepEqual([ran(host)[0]?.success, ran(host)[0]?.exit_code], [true, 0]);
    const pid = Number(await readFile(path.join(host.folder, "pid"), "utf8"));
    process.kill(pid, 0);
    await host[Symbol.asyncDispose]();
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });

  it("ends a hook when the person stops: one before an action leaves it undone", async () => {
    const llm = playedLlm([call(bash("touch done"))]);
    await using host = await open({ hooks: { pre_tool_use: hook("touch began; sleep 1000") }, llm });
    await host.send("Go.");
    await until("the hook to begin", () => isThere(path.join(host.folder, "began")));
    await interrupt(host);
    assert.equal(await isThere(path.join(host.folder, "done")), false);
    assert.equal(statuses(host).at(-1), "paused");
    assert.match(find(host, "AgentErrorEvent").error, /Interrupted by the person/);
  });

  it("ends a hook when the person stops: a message that it was to judge is not kept", async () => {
    await using host = await open({ hooks: { user_prompt_submit: hook("touch began; sleep 1000") } });
    const sent = assert.rejects(host.send("Go."), /Stopped by the person/);
    await until("the hook to begin", () => isThere(path.join(host.folder, "began")));
    await interrupt(host);
    await sent;
    assert.ok(!host.events().some(({ kind }) => kind === "MessageEvent"));
  });

  it("takes no message past a hook that could not be asked", async () => {
    const failing = async () => Promise.reject(new Error("There is no folder."));
    await using host = await open({ hooks: { user_prompt_submit: hook("exit 2") }, options: { host: { openRuntime: failing } } });
    await assert.rejects(host.send("Go."), /There is no folder/);
    assert.ok(!host.events().some(({ kind }) => kind === "MessageEvent"));
  });

  it("keeps no secret of what a hook reads and writes", async () => {
    const llm = playedLlm([call(bash("echo $TOKEN_A")), say("1")]);
    const leak = "echo 'hunter2-hunter2 said' >&2; exit 2";
    await using host = await open({ hooks: { pre_tool_use: hook(leak), post_tool_use: hook("true") }, llm });
    await host.host.handle({ type: "secrets.set", conversationId: host.id, secrets: { TOKEN_A: "hunter2-hunter2" } });
    await talk(host);
    const log = JSON.stringify(host.events());
    assert.match(log, /<secret-hidden> said/);
    assert.doesNotMatch(log, /hunter2/);
  });

  it("takes keys in either case and in a wrapper, and refuses those that it does not know", () => {
    const list = hook("true");
    const usual = HookConfig.parse({ pre_tool_use: list });
    assert.deepEqual(HookConfig.parse({ PreToolUse: list }), usual);
    assert.deepEqual(HookConfig.parse({ hooks: { PreToolUse: list } }), usual);
    for (const wrong of [{ before_tool: list }, { PreToolUse: list, pre_tool_use: list }, { pre_tool_use: hook("") }, [], "x"])
      assert.equal(HookConfig.safeParse(wrong).success, false, JSON.stringify(wrong));
  });
});
