import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readProcess } from "../../../../src/runtime/machine/processes.ts";
import { watchLeaks } from "../../../support/leaks.ts";
import { call, events, never, played, rests, results, say, stdio, told } from "../../../support/mcpAgents.ts";
import { serveMcpOverHttp } from "../../../support/mcpOverHttp.ts";
import { testAgent } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

describe("the MCP servers of an agent, that come and go", () => {
  it("goes on without a server that cannot be reached, says so once, and uses it when it is there", async () => {
    const web = await serveMcpOverHttp();
    const { url } = web;
    await web[Symbol.asyncDispose]();
    const broken = { gone: { url }, missing: { command: "/no/such/program" }, nothing: { what: "is this" }, here: stdio() };
    const { served, id, offered } = await played(broken, [call("here_echo", { text: "still here" }), { text: "Yes." }]);
    await using _served = served;
    await say(served, id);
    assert.equal(await rests(served, id), "finished");
    assert.equal((await results(served, id))[0].content[1].text, "echo: still here");
    const notes = await told(served, id);
    const has = (pattern: RegExp) =>
      assert.equal(notes.filter((note) => pattern.test(note)).length, 1, `${pattern} in ${notes.join("\n")}`);
    has(/"gone" cannot be used now: .*ECONNREFUSED.* The task goes on without its tools/);
    has(/"missing" cannot be used now: .*ENOENT/);
    has(/"nothing" is not described in a way that is understood here/);
    assert.ok(notes.every((note) => !/\n\s+at /.test(note)));
    await using _again = await serveMcpOverHttp(Number(new URL(url).port));
    await until("the server to be used again", async () => {
      await say(served, id, "Again.");
      await rests(served, id);
      return offered().includes("gone_echo");
    });
    assert.equal((await told(served, id)).filter((note) => note.includes('"gone" can be used again')).length, 1);
    assert.equal((await told(served, id)).filter((note) => note.includes('"missing"')).length, 1);
  });

  it("loses one call with a server that dies, and connects to it again for the next", async () => {
    const env = { API_TOKEN: "token-of-the-server" };
    const { served, id } = await played({ one: stdio(env) }, [call("crash"), call("echo", { text: "again" })]);
    await using _served = served;
    await say(served, id);
    assert.equal(await rests(served, id), "finished");
    const [lost, again] = await results(served, id);
    assert.deepEqual([lost.is_error, lost.tool_name], [true, "crash"]);
    assert.match(lost.content[0].text, /was lost during this call.*no more of this with \*{10}/s);
    assert.equal(again.content[1].text, "echo: again");
  });

  it("begins another session where a server on the web has forgotten it, and waits for no answer that has broken off", async () => {
    await using web = await serveMcpOverHttp();
    const { served, id } = await played({ one: { url: web.url } }, [
      call("echo", { text: "1" }),
      { text: "Yes." },
      call("echo", { text: "2" }),
      call("hang"),
      call("echo", { text: "3" }),
    ]);
    await using _served = served;
    await say(served, id);
    await rests(served, id);
    web.forgetSessions();
    await say(served, id);
    assert.equal(await rests(served, id), "finished");
    const all = await results(served, id);
    assert.deepEqual(
      all.map(({ content }: { content: { text: string }[] }) => content.at(-1)?.text.slice(0, 40)),
      ["echo: 1", "echo: 2", "The server was lost during this call: Th", "echo: 3"],
    );
  });

  it("offer with the next run what has come to their tools, and are told when nobody needs them any more", async () => {
    await using web = await serveMcpOverHttp();
    const { served, id, offered } = await played({ one: { url: web.url } }, [{ text: "1" }, call("echo", { text: "x" }), { text: "2" }]);
    await using _served = served;
    const offers: boolean[] = [];
    for (let run = 1; run <= 3; run++) {
      await say(served, id);
      await rests(served, id);
      offers.push(offered().includes("newer"));
      web.changeTools();
    }
    assert.deepEqual(offers, [false, false, true]);
    await served.ask("DELETE", `/api/conversations/${id}`);
    assert.equal(web.asked.at(-1)?.method, "DELETE");
  });

  it("tells the server of a call that the person has stopped", async () => {
    const { served, id } = await played({}, [call("hang")]);
    await using _served = served;
    const lives = join(served.folder, "lives");
    await mkdir(lives);
    const agent = { ...testAgent, mcp_config: { one: stdio({}, lives) } };
    const other = await served.begin({ agent, autotitle: false, confirmation_policy: never });
    await say(served, other);
    await until("the call", async () => (await events(served, other, "ActionEvent")).length === 1);
    await served.ask("POST", `/api/conversations/${other}/interrupt`);
    assert.equal(await rests(served, other), "paused");
    await until("the word to the server", async () => (await readdir(lives)).includes("cancelled"));
    void id;
  });

  it("is stopped by the person while a server keeps it waiting, which ends with the conversation", async () => {
    const leaks = await watchLeaks();
    const { served } = await played({}, []);
    const begun = join(served.folder, "begun");
    const script = `require("fs").writeFileSync(${JSON.stringify(begun)}, ""); setInterval(() => undefined, 1_000)`;
    const agent = { ...testAgent, mcp_config: { silent: { command: process.execPath, args: ["-e", script] } } };
    const id = await served.begin({ agent, autotitle: false });
    const said = say(served, id);
    await until("the server to be started", async () => existsSync(begun));
    await served.ask("POST", `/api/conversations/${id}/interrupt`);
    await said;
    await served.ask("POST", `/api/conversations/${id}/interrupt`);
    assert.equal(await rests(served, id), "paused");
    await served[Symbol.asyncDispose]();
    await leaks.check();
  });

  it("starts nothing before the first message, keeps it between runs, and ends it with the conversation and with the server", async () => {
    const leaks = await watchLeaks();
    const { served, id } = await played({}, []);
    const lives = join(served.folder, "lives");
    await mkdir(lives);
    const agent = { ...testAgent, mcp_config: { one: stdio({}, lives) } };
    const begin = () => served.begin({ agent, autotitle: false, confirmation_policy: never });
    const [first, second] = [await begin(), await begin()];
    assert.deepEqual(await readdir(lives), []);
    for (let run = 0; run < 2; run++) {
      await say(served, first);
      await rests(served, first);
    }
    const pids = async () =>
      (await Promise.all((await readdir(lives)).map((name) => readFile(join(lives, name), "utf8")))).flatMap((text) =>
        text.trim().split("\n"),
      );
    const alive = async () => (await Promise.all((await pids()).map((pid) => readProcess(Number(pid))))).filter(Boolean).length;
    assert.equal(await alive(), 2);
    await say(served, second);
    await rests(served, second);
    assert.equal(await alive(), 4);
    await served.ask("DELETE", `/api/conversations/${first}`);
    assert.equal(await alive(), 2);
    void id;
    await served[Symbol.asyncDispose]();
    await leaks.check();
  });
});
