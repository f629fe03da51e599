import assert from "node:assert/strict";
import { call, events, played, rests, results, say, stdio, told } from "../../../support/mcpAgents.ts";
import { serveMcpOverHttp } from "../../../support/mcpOverHttp.ts";
import { testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

describe("an agent with MCP servers (agent-server protocol §5.11)", () => {
  it("calls a tool of a program, and of a server on the web, and gets what they answer", async () => {
    await using web = await serveMcpOverHttp();
    for (const server of [stdio(), { url: web.url, auth: { strategy: "bearer", value: "the-key-of-the-web" } }]) {
      const { served, id, offered } = await played({ one: server }, [
        call("echo", { text: "hello", summary: "to greet" }),
        call("picture"),
        call("fails"),
      ]);
      await using _served = served;
      await say(served, id);
      assert.equal(await rests(served, id), "finished");
      const [echo, picture, fails] = await results(served, id);
      assert.deepEqual(echo, {
        kind: "MCPToolObservation",
        content: [
          { type: "text", text: "[Tool 'echo' executed.]", cache_prompt: false },
          { type: "text", text: "echo: hello", cache_prompt: false },
        ],
        is_error: false,
        tool_name: "echo",
      });
      assert.match(picture.content[1].image_urls[0], /^data:image\/png;base64,iVBOR/);
      assert.match(picture.content[2].text, /a sound of 3 bytes was left out/);
      assert.deepEqual([fails.is_error, fails.content[1].text], [true, "It was not to be."]);
      const [action] = await events(served, id, "ActionEvent");
      assert.deepEqual(
        [action.tool_name, action.action, action.summary],
        ["echo", { kind: "MCPToolAction", data: { text: "hello" } }, "to greet"],
      );
      const [prompt] = await events(served, id, "SystemPromptEvent");
      const { kind, mcp_tool, action_type } = prompt.tools.find(({ title }: { title: string }) => title === "echo");
      assert.deepEqual([kind, mcp_tool.name, action_type], ["MCPToolDefinition", "echo", "MCPToolAction"]);
      assert.ok(offered().includes("look"));
    }
    assert.ok(web.asked.every(({ authorization }) => authorization === "Bearer the-key-of-the-web"));
  });

  it("has names that every model takes, none of them one of ours, and says what is not offered", async () => {
    const { served, id, offered } = await played({ "my server": stdio() }, []);
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    const names = offered();
    assert.deepEqual(names.slice(0, 4), ["terminal", "file_editor", "finish", "think"]);
    assert.ok(
      names.every((name) => /^[\w-]{1,64}$/.test(name)),
      names.join(),
    );
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes("echo") && names.some((name) => /^my_server_terminal_[0-9a-f]{8}$/.test(name)));
    assert.ok(names.some((name) => /^with_spaces__[0-9a-f]{8}$/.test(name)));
    const [note, ...others] = await told(served, id);
    assert.deepEqual(others, []);
    assert.match(
      note ?? "",
      /Some tools of the MCP server "my server" are not offered.*: list, odd_names, too_large, one without a name\.$/,
    );
  });

  it("tells servers apart by their names, and offers only what the filter lets pass", async () => {
    const servers = { a: stdio(), b: stdio(), off: { ...stdio(), enabled: false } };
    const agent = { ...testAgent, mcp_config: { mcpServers: servers }, filter_tools_regex: "terminal$|[ab]_(echo|look)$" };
    const { served, id, offered } = await played({}, [call("b_echo", { text: "to b" })], { begin: { agent } });
    await using _served = served;
    await say(served, id);
    assert.equal(await rests(served, id), "finished");
    assert.deepEqual(offered(), ["terminal", "finish", "think", "a_echo", "a_look", "b_echo", "b_look"]);
    assert.equal((await results(served, id))[0].content[1].text, "echo: to b");
  });

  it("does not hang by a filter that would take for ever: nothing passes it", async () => {
    const agent = { ...testAgent, mcp_config: { a: stdio() }, filter_tools_regex: "([a-z_]+)+!" };
    const client_tools = [{ name: `a${"a".repeat(50)}`, description: "", parameters: { type: "object" } }];
    const { served, id, offered } = await played({}, [], { begin: { agent, client_tools } });
    await using _served = served;
    await say(served, id);
    assert.equal(await rests(served, id), "finished");
    assert.deepEqual(offered(), ["finish", "think"]);
  });

  it("asks before a tool acts, also before one that says it only reads when the policy asks about that", async () => {
    const risky = (threshold: string) => ({
      confirmation_policy: { kind: "ConfirmRisky", threshold, confirm_unknown: true },
      security_analyzer: { kind: "LLMSecurityAnalyzer" },
    });
    const cases = [
      ["echo", "HIGH", "HIGH", "waiting_for_confirmation"],
      ["look", "HIGH", "MEDIUM", "finished"],
      ["look", "MEDIUM", "MEDIUM", "waiting_for_confirmation"],
    ];
    for (const [tool = "", threshold = "", risk, status] of cases) {
      const { served, id } = await played({ one: stdio() }, [call(tool, { text: "x", security_risk: "LOW" })], { begin: risky(threshold) });
      await using _served = served;
      await say(served, id);
      assert.equal(await rests(served, id), status, `${tool} ${threshold}`);
      assert.equal((await events(served, id, "ActionEvent"))[0].security_risk, risk);
      if (status === "finished") continue;
      assert.deepEqual(await results(served, id), []);
      await served.ask("POST", `/api/conversations/${id}/events/respond_to_confirmation`, { accept: true });
      await until("the result", async () => (await results(served, id)).length === 1);
    }
  });

  it("takes a server as clients give it back, with nulls, and says that nobody logs in by OAuth", async () => {
    const nulls = { url: null, transport: null, headers: null, auth: null, cwd: null, description: null, enabled: true };
    const servers = { back: { ...nulls, ...stdio() }, login: { url: "http://127.0.0.1:9/mcp", auth: { strategy: "oauth2" } } };
    const { served, id, offered } = await played(servers, []);
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    assert.ok(offered().includes("back_echo"));
    assert.match((await told(served, id)).join(), /"login" cannot be used now: This server does not log in at MCP servers by OAuth/);
  });

  it("shortens what is huge, and knows what a call lacks", async () => {
    const { served, id } = await played({ one: stdio() }, [call("huge"), call("echo")]);
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    const [huge] = await results(served, id);
    assert.ok(JSON.stringify(huge).length < 32_000);
    assert.match(JSON.stringify(huge), /characters left out.*The rest was left out/);
    assert.match((await events(served, id, "AgentErrorEvent"))[0].error, /lacks text/);
  });

  it("hides what the server was given, in all that is kept and sent, and never gives it the keys of this server", async () => {
    process.env["SESSION_API_KEY"] = "session-key-of-the-server";
    const env = { API_TOKEN: "token-of-the-server", MODE: "careful", DATABASE: "postgres://user:pass-of-the-database@host/db" };
    const { served, id, requests } = await played({ one: stdio(env) }, [
      call("env"),
      { tool_calls: [{ name: "terminal", arguments: { command: "printf token-of-; printf the-server" } }] },
    ]);
    await using _served = served;
    try {
      await say(served, id);
      assert.equal(await rests(served, id), "finished");
    } finally {
      delete process.env["SESSION_API_KEY"];
    }
    const kept = JSON.stringify([
      requests,
      (await served.ask("GET", `/api/conversations/${id}/events/search?limit=100`)).body,
      (await served.ask("GET", `/api/conversations/${id}`)).body,
    ]);
    for (const secret of ["token-of-the-server", "pass-of-the-database", "session-key-of-the-server"])
      assert.ok(!kept.includes(secret), secret);
    assert.match(JSON.stringify(await results(served, id)), /careful/);
    assert.ok(!JSON.stringify(await results(served, id)).includes("SESSION_API_KEY"));
  });

  it("tells no half of a secret, where the end or the beginning of what a program complained of is cut off", async () => {
    const env = { LONG_TOKEN: `half-of-${"x".repeat(400)}` };
    const sh = (script: string) => ({ command: "/bin/sh", args: ["-c", `exec >&2; ${script}; exit 1`], env });
    const servers = { end: sh('printf "%0800d %0770d %s" 0 0 "$LONG_TOKEN"'), beginning: sh('printf "%s %01800d" "$LONG_TOKEN" 0') };
    const { served, id } = await played(servers, [{ text: "Yes." }]);
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    const notes = (await told(served, id)).join("\n");
    for (const name of Object.keys(servers)) assert.match(notes, new RegExp(`"${name}" cannot be used now: .*it wrote: 0000`));
    assert.doesNotMatch(notes, /half-of-|xxxx/);
  });

  it("starts no program for an agent in a container of its own, and says so", async () => {
    const { served, id, offered } = await played({ one: stdio() }, [], {
      begin: { runtime: { kind: "docker", image: "", network: "bridge", workspace: "bind" } },
    });
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    assert.match((await told(served, id)).join(), /"one" is a program that would run outside of the agent's container/);
    assert.ok(!offered().includes("echo"));
  });
});
