import assert from "node:assert/strict";
import { type BashEvent, BashSearch } from "../../../src/protocol/agentServer/base.ts";
import { openSocketServer, type SocketClient, type TestSocketServer } from "../../support/socketServer.ts";

const listen = (server: TestSocketServer, query = ""): SocketClient => server.connect(query, { path: "/sockets/bash-events" });
const request = (command: string) => ({ command, cwd: null, timeout: 20 });

async function allOf({ bash }: TestSocketServer): Promise<BashEvent[]> {
  const events: BashEvent[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const page = await bash.search(BashSearch.parse(next === "" ? {} : { page_id: next }));
    events.push(...page.items);
    next = page.next_page_id;
  }
  return events;
}

describe("the socket of single commands", () => {
  it("tells every command of the server and all parts of its output as they come, with ids of 32 digits", async () => {
    await using server = await openSocketServer();
    const client = listen(server);
    await client.send({ command: "echo one; exit 3" });
    const end = await client.until(({ kind }) => kind === "BashOutput");
    const [command] = client.frames;
    assert.deepEqual(
      [command.kind, command.command, end.command_id, end.order, end.exit_code, end.stdout, end.stderr],
      ["BashCommand", "echo one; exit 3", command.id, 0, 3, "one\n", null],
    );
    for (const { id, timestamp } of client.frames) assert.match(`${id} ${timestamp}`, /^[\da-f]{32} \S+Z$/);
    const other = listen(server, "?resend_mode=all");
    const { end: second } = await server.bash.start(request("echo two"));
    await second;
    await Promise.all([client.untilCount(4), other.untilCount(4)]);
    assert.deepEqual(other.frames, client.frames);
  });

  it("resends what was before in order and none twice, while commands run", async () => {
    await using server = await openSocketServer();
    for (let index = 0; index < 60; index++) await (await server.bash.start(request(`echo ${index}`))).end;
    const running = Array.from({ length: 10 }, (_, index) => server.bash.start(request(`sleep 0.0${index}; echo late ${index}`)));
    const [all, old, none] = [listen(server, "?resend_mode=all"), listen(server, "?resend_all=true"), listen(server)];
    await Promise.all(running.map(async (started) => (await started).end));
    const kept = await allOf(server);
    await Promise.all([all.untilCount(kept.length), old.untilCount(kept.length)]);
    for (const client of [all, old])
      assert.deepEqual(
        client.ids,
        kept.map(({ id }) => id),
      );
    assert.ok(none.frames.length <= 20);
  });

  it("§10.44 tells a bad frame on that socket alone, without the command in it, and goes on", async () => {
    await using server = await openSocketServer();
    const [client, other] = [listen(server), listen(server, "?resend_mode=all")];
    for (const bad of ["{", "[]", { command: 5 }, { command: "echo secret", timeout: -1 }]) await client.send(bad);
    await client.send({ type: "auth", session_api_key: "nobody needs it" });
    await client.send({ command: "true" });
    await client.until(({ kind }) => kind === "BashOutput");
    const faults = client.frames.filter(({ kind }) => kind === "BashError");
    assert.deepEqual(
      faults.map(({ code }) => code),
      ["JSONDecodeError", "ValidationError", "ValidationError", "ValidationError"],
    );
    assert.doesNotMatch(JSON.stringify(faults), /secret/);
    await other.untilCount(2);
    assert.ok(!other.kinds.includes("BashError"));
  });

  it("takes fifty, and refuses modes that it does not know", async () => {
    await using server = await openSocketServer();
    assert.equal(await listen(server, "?resend_mode=since").refused, 403);
    const clients = Array.from({ length: 50 }, () => listen(server));
    await clients.at(-1)?.send({ command: "true" });
    await Promise.all(clients.map((client) => client.untilCount(2)));
    assert.equal(await listen(server).closed, 1013);
  });

  it("needs a key where one is needed, and ends no command when it closes", async () => {
    await using server = await openSocketServer({ keys: ["the-key"] });
    assert.equal(await listen(server, "?session_api_key=wrong").refused, 403);
    const wrong = listen(server);
    await wrong.send({ command: "true" });
    assert.equal(await wrong.closed, 4001);
    assert.equal((await allOf(server)).length, 0);
    const client = listen(server);
    await client.send({ type: "auth", session_api_key: "the-key" });
    await client.send({ command: "sleep 0.2; echo done" });
    const { id } = await client.until(({ kind }) => kind === "BashCommand");
    await client.close();
    const watcher = listen(server, "?session_api_key=the-key&resend_mode=all");
    assert.equal((await watcher.until(({ command_id }) => command_id === id)).stdout, "done\n");
  });
});
