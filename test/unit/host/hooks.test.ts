import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { bash, call, edit, finish, playedLlm, say } from "../../support/scripts.ts";
import { find, hook, isThere, open, ran, story, talk, updates } from "./hookActions.ts";
import { ask, respond, statuses } from "./hostActions.ts";

describe("hooks (agent-server protocol §6.11)", () => {
  it("PreToolUse: forbids an action by exit code 2; it is not done, the model is told why, and the run goes on", async () => {
    const llm = playedLlm([call(bash("touch forbidden"), bash("touch allowed")), say("Done.")]);
    const guard = 'input=$(cat); case "$input" in *forbidden*) echo "no forbidden" >&2; exit 2;; esac';
    await using host = await open({ hooks: { PreToolUse: hook(guard, {}, "terminal") }, llm });
    await talk(host);
    assert.deepEqual([await isThere(path.join(host.folder, "forbidden")), await isThere(path.join(host.folder, "allowed"))], [false, true]);
    // §4.4: the configuration is first, what a hook says is before its action, and updates surround what is forbidden.
    assert.deepEqual(story(host), [
      ...["hook_config", "SystemPromptEvent", "MessageEvent"],
      ...["PreToolUse", "blocked_actions", "ActionEvent", "PreToolUse", "ActionEvent"],
      ...["blocked_actions", "UserRejectObservation", "ObservationEvent", "MessageEvent"],
    ]);
    const [action] = host.events().flatMap((event) => (event.kind === "ActionEvent" ? [event] : []));
    assert.deepEqual(updates(host, "blocked_actions"), [{ [String(action?.id)]: "no forbidden" }, {}]);
    const rejected = find(host, "UserRejectObservation");
    assert.deepEqual([rejected.rejection_source, rejected.rejection_reason, rejected.action_id], ["hook", "no forbidden", action?.id]);
    const [first] = ran(host);
    assert.deepEqual(
      [first?.source, first?.success, first?.blocked, first?.exit_code, first?.stderr, first?.tool_name, first?.action_id],
      ["hook", false, true, 2, "no forbidden\n", "terminal", action?.id],
    );
    assert.match(JSON.stringify(llm.requests[1]?.messages), /no forbidden/);
    assert.equal(statuses(host).at(-1), "finished");
  });

  it("a matcher that would take for ever holds nobody up, and its hooks run, because they may forbid", async () => {
    const llm = playedLlm([call(bash("touch forbidden")), say("Done.")]);
    const never = hook("exit 2", {}, "/(?:.*){60}!/");
    const others = [...hook("exit 2", {}, "file_.*"), ...hook("exit 2", {}, "(")];
    await using host = await open({ hooks: { PreToolUse: [...never, ...others] }, llm });
    await talk(host);
    assert.equal(await isThere(path.join(host.folder, "forbidden")), false);
    assert.deepEqual(
      ran(host).map(({ hook_event_type, blocked }) => [hook_event_type, blocked]),
      [["PreToolUse", true]],
    );
  });

  it("gives a hook what it is about, on its input and in its environment, in the folder of the workspace", async () => {
    const tell = "cat > input.json; env | grep ^OPENHANDS_ | grep -v -e TERMINAL -e LEAK | sort > env.txt; pwd > pwd.txt";
    const llm = playedLlm([call(edit("create", "a.txt", { file_text: "x" })), say("1")]);
    await using host = await open({ hooks: { hooks: { pre_tool_use: hook(tell) } }, llm });
    await talk(host);
    const read = (name: string): Promise<string> => readFile(path.join(host.folder, name), "utf8");
    assert.deepEqual(JSON.parse(await read("input.json")), {
      event_type: "PreToolUse",
      tool_name: "file_editor",
      tool_input: { kind: "FileEditorAction", command: "create", path: "a.txt", file_text: "x" },
      tool_response: null,
      message: null,
      session_id: host.id,
      working_dir: host.folder,
      metadata: {},
    });
    assert.deepEqual((await read("env.txt")).trim().split("\n"), [
      "OPENHANDS_EVENT_TYPE=PreToolUse",
      `OPENHANDS_PROJECT_DIR=${host.folder}`,
      `OPENHANDS_SESSION_ID=${host.id}`,
      "OPENHANDS_TOOL_NAME=file_editor",
    ]);
    assert.equal((await read("pwd.txt")).trim(), host.folder);
  });

  it("forbids by a JSON answer, too, and by nothing else: another exit code, no JSON, or its time being over", async () => {
    const hooks = [
      ['echo \'{"decision": "deny", "reason": "because"}\'', true],
      ["echo '{\"continue\": false}'", true],
      ['echo \'{"decision": "allow"}\'', false],
      ['echo \'{"decision": [], "reason": 5}\'', false],
      ["echo '{not JSON'; exit 1", false],
      ["echo nonsense; exit 127", false],
      ["sleep 1000", false, 0.5],
    ] as const;
    for (const [command, isBlocked, timeout = 60] of hooks) {
      const llm = playedLlm([call(bash("touch done")), say("1")]);
      await using host = await open({ hooks: { pre_tool_use: hook(command, { timeout }) }, llm });
      await talk(host);
      assert.equal(await isThere(path.join(host.folder, "done")), !isBlocked, command);
      assert.equal(ran(host)[0]?.blocked, isBlocked, command);
    }
  });

  it("says of a hook that took too long, and of one that cannot run here, that it failed", async () => {
    const late = { command: "echo begun; sleep 1000", timeout: 2 };
    await using host = await open({ hooks: { stop: [{ hooks: [late, { type: "prompt", prompt: "Is it good?", name: "judge" }] }] } });
    await talk(host);
    const told = ran(host).map(({ success, exit_code, stdout, error, hook_command }) => [success, exit_code, stdout, error, hook_command]);
    assert.deepEqual(told, [
      [false, -1, "begun\n", "It was ended after 2 seconds.", late.command],
      [false, -1, "", 'Hooks of the type "prompt" do not run here; only commands do.', "prompt-hook:judge"],
    ]);
    assert.equal(statuses(host).at(-1), "finished");
  });

  it("runs one after the other, and none behind one that forbids", async () => {
    const many = { hooks: ["echo 1 >> order", "echo 2 >> order; exit 2", "echo 3 >> order"].map((command) => ({ command })) };
    const llm = playedLlm([call(bash("echo 4 >> order")), say("1")]);
    await using host = await open({ hooks: { pre_tool_use: [many] }, llm });
    await talk(host);
    assert.equal(await readFile(path.join(host.folder, "order"), "utf8"), "1\n2\n");
  });

  it("§10.48 a finish that a hook forbids does not finish, and what stands behind it is done", async () => {
    const llm = playedLlm([call(finish("Done."), bash("touch after")), say("Now.")]);
    await using host = await open({ hooks: { pre_tool_use: hook("exit 2", {}, "/fin.*/") }, llm });
    await talk(host);
    assert.ok(await isThere(path.join(host.folder, "after")));
    assert.equal(llm.requests.length, 2);
    assert.equal(find(host, "UserRejectObservation").rejection_reason, "A hook forbids it.");
  });

  it("asks the person only about what no hook forbids, and an answer undoes no hook's", async () => {
    const guard = "grep -q forbidden && exit 2; exit 0";
    const llm = playedLlm([call(bash("touch forbidden")), call(bash("touch forbidden"), bash("touch allowed")), say("Done.")]);
    await using host = await open({ hooks: { pre_tool_use: hook(guard) }, llm, options: { policy: ask } });
    await talk(host);
    assert.equal(statuses(host).at(-1), "waiting_for_confirmation");
    assert.equal(llm.requests.length, 2);
    await respond(
      host,
      true,
      host
        .events()
        .flatMap((event) => (event.kind === "ActionEvent" ? [event.id] : []))
        .slice(1),
    );
    await host.host.settled(host.id);
    assert.deepEqual([await isThere(path.join(host.folder, "forbidden")), await isThere(path.join(host.folder, "allowed"))], [false, true]);
  });

  it("PostToolUse: reads what came of an action, and forbids nothing", async () => {
    const llm = playedLlm([call(bash("echo result-of-it")), say("1")]);
    await using host = await open({ hooks: { post_tool_use: hook("cat > post.json; exit 2", {}, "terminal|grep") }, llm });
    await talk(host);
    assert.deepEqual(story(host).slice(-4), ["ActionEvent", "ObservationEvent", "PostToolUse", "MessageEvent"]);
    const input: unknown = JSON.parse(await readFile(path.join(host.folder, "post.json"), "utf8"));
    assert.match(JSON.stringify(input), /"tool_response":\{"kind":"TerminalObservation".*result-of-it/);
    assert.deepEqual(updates(host, "blocked_actions"), []);
    assert.equal(statuses(host).at(-1), "finished");
  });

  it("UserPromptSubmit: forbids a message, which no model ever reads, and the run ends", async () => {
    const llm = playedLlm([say("Hello.")]);
    await using host = await open({
      hooks: { user_prompt_submit: hook('grep -q "bad words" && { echo "Mind your words." >&2; exit 2; }; exit 0') },
      llm,
    });
    await talk(host, "Some bad words.");
    const message = find(host, "MessageEvent");
    assert.deepEqual(story(host), [
      ...["hook_config", "SystemPromptEvent"],
      ...["UserPromptSubmit", "blocked_messages", "MessageEvent", "blocked_messages"],
    ]);
    assert.deepEqual(updates(host, "blocked_messages"), [{ [message.id]: "Mind your words." }, {}]);
    assert.equal(ran(host)[0]?.message_id, message.id);
    assert.equal(statuses(host).at(-1), "finished");
    assert.equal(llm.requests.length, 0);
    await talk(host, "Good words.");
    assert.equal(llm.requests.length, 1);
    assert.doesNotMatch(JSON.stringify(llm.requests), /bad words/);
    assert.match(JSON.stringify(llm.requests), /Good words/);
  });

  it("UserPromptSubmit: adds to the message for the model", async () => {
    const llm = playedLlm([say("1")]);
    const add = 'echo \'{"additionalContext": "The branch is main."}\'';
    await using host = await open({ hooks: { user_prompt_submit: hook(add) }, llm });
    await talk(host, "Go.");
    assert.deepEqual(
      find(host, "MessageEvent").extended_content.map(({ text }) => text),
      ["The branch is main."],
    );
    assert.match(JSON.stringify(llm.requests), /The branch is main\./);
  });

  it("Stop: lets the agent not stop, tells it why, and ends when it may", async () => {
    const llm = playedLlm([say("Done."), call(bash("touch tested")), call(finish("Now."))]);
    await using host = await open({ hooks: { stop: hook("test -e tested || { echo 'Test it first.' >&2; exit 2; }") }, llm });
    await talk(host);
    assert.equal(llm.requests.length, 3);
    assert.match(JSON.stringify(llm.requests[1]?.messages.at(-1)), /Test it first\./);
    assert.deepEqual(
      ran(host).map(({ blocked }) => blocked),
      [true, false],
    );
    assert.deepEqual(statuses(host), ["running", "finished"]);
  });
});
