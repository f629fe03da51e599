import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { type FakeAnswer, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { gate } from "../../support/scripts.ts";
import { tempFolder } from "../../support/workspaces.ts";
import { atTerminal, eventsOf, finish, idsIn, openhands, terminal } from "./openhands.ts";

/** A home, a workspace and a model that answers so, for several runs in a row. */
async function world(answers: readonly FakeAnswer[]) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await tempFolder());
  const folder = stack.use(await tempFolder());
  const llm = stack.use(await startFakeLlm(answers));
  const all = stack.move();
  return {
    kept: home.path,
    folder: folder.path,
    llm,
    begin: (...args: string[]) =>
      openhands(["run", "Say hello.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url, ...args], { kept: home.path }),
    openhands: (...args: string[]) => openhands(args, { kept: home.path }),
    id: async () => (await idsIn(home.path))[0] ?? "",
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

describe("kept conversations on the command line", function () {
  this.slow(8_000);

  it("are listed, shown, deleted and restored", async () => {
    await using my = await world([
      { text: "Hello \u{1F44B}", usage: { prompt_tokens: 1_200, completion_tokens: 34, total_tokens: 1_234 } },
    ]);
    const empty = await my.openhands("list");
    assert.deepEqual([empty.code, empty.stdout], [0, 'No conversations yet. Begin one: openhands run "…"']);
    await my.begin();
    const id = await my.id();
    const listed = await my.openhands("list");
    assert.match(listed.stdout, new RegExp(`^${id.slice(0, 8)}  finished  now  \\?  ${my.folder}  Say hello\\.$`));
    const elsewhere = await my.openhands("list", "--workspace", "/");
    assert.match(elsewhere.stdout, /^No conversations in \//);
    const rows = (await my.openhands("list", "--json", "--workspace", my.folder)).stdout.split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map((row) => [row.id, row.title, row.execution_status]),
      [[id, "Say hello.", "finished"]],
    );
    const shown = await my.openhands("show", id.slice(0, 4));
    assert.match(
      shown.stdout,
      new RegExp(
        `^Say hello\\.\n${id} · ${my.folder} · fake · .*\n\n> Say hello\\.\n\nHello \u{1F44B}\n\n0 steps · 1,234 tokens · cost unknown$`,
        "u",
      ),
    );
    const events = eventsOf((await my.openhands("show", id, "--json")).stdout);
    assert.deepEqual([events[0]?.kind, events.filter(({ kind }) => kind === "MessageEvent").length], ["ConversationStateUpdateEvent", 2]);

    const deleted = await my.openhands("delete", id.slice(0, 6));
    assert.deepEqual([deleted.code, deleted.stdout], [0, ""]);
    assert.match(deleted.stderr, new RegExp(`"Say hello\\.".*openhands restore ${id.slice(0, 8)}`));
    assert.match((await my.openhands("list")).stdout, /^No conversations/);
    const restored = await my.openhands("restore", id.slice(0, 8));
    assert.match(restored.stderr, /^Restored/);
    assert.equal((await my.openhands("list")).stdout, listed.stdout);
  });

  it("go on where they were, in their folder and with their model, and only what is new is printed", async () => {
    await using my = await world([{ text: "Hello." }, { toolCalls: [terminal("pwd")] }, { text: "Done.", toolCalls: [] }]);
    await my.begin("--confirm", "never");
    const id = await my.id();
    const more = await my.openhands("run", "Where are you?", "--resume", id.slice(0, 8), "--json");
    assert.equal(more.code, 0);
    const events = eventsOf(more.stdout);
    assert.deepEqual(
      events.filter(({ kind }) => kind !== "ConversationStateUpdateEvent").map(({ kind }) => kind),
      ["MessageEvent", "ActionEvent", "ObservationEvent", "MessageEvent"],
    );
    assert.match(JSON.stringify(events), new RegExp(my.folder));
    const nothing = await my.openhands("run", "--resume", id);
    assert.deepEqual([nothing.code, nothing.stdout], [2, ""]);
    assert.match(nothing.stderr, /Nothing is left to do/);
    await rm(my.folder, { recursive: true });
    const gone = await my.openhands("run", "More.", "--resume", id);
    assert.match(gone.stderr, /does not exist/);
    assert.equal(gone.code, 2);
  });

  it("go on with another model, policy and limits when flags say so", async () => {
    const calls = { toolCalls: [terminal("true")] };
    await using my = await world([{ text: "Hello." }, calls, calls, finish]);
    await my.begin();
    const id = await my.id();
    const limited = await my.openhands("run", "More.", "--resume", id, "--model", "other", "--confirm", "never", "--max-steps", "1");
    assert.equal(limited.code, 3);
    const goneOn = await my.openhands("run", "--resume", id, "--max-steps", "9");
    assert.deepEqual([goneOn.code, goneOn.stdout], [0, "All done."]);
    assert.deepEqual(
      my.llm.requests.map(({ body }) => body.model),
      ["fake", "other", "other", "other"],
    );
  });

  it("ask again for the answer that they wait for", async () => {
    await using my = await world([{ toolCalls: [terminal("echo hi > out.txt")] }, finish]);
    const asked = await my.begin();
    assert.equal(asked.code, 4);
    assert.match(asked.stderr, /To go on: openhands run --resume/);
    const id = await my.id();
    const typed = [{ at: /agent: $/, keys: "y\r" }];
    const { code, screen } = await atTerminal(["run", "--resume", id], { kept: my.kept, typed });
    assert.equal(code, 0);
    assert.match(screen, /Run echo hi > out\.txt\n[\s\S]*✓ Ran echo hi > out\.txt[\s\S]*Finished\nAll done\.\n\n\d+ steps? · /);
    assert.match(screen, /To say more: openhands run --resume [0-9a-f]{8} "…"\n$/);
  });

  it("are asked about a command once when exactly it is always allowed, and show that it was allowed earlier", async () => {
    const same = { toolCalls: [terminal("echo hi >> out.txt")] };
    await using my = await world([same, same, { toolCalls: [terminal("sudo -n true")] }, finish]);
    await my.begin();
    const id = await my.id();
    const typed = [
      { at: /Allow\? \[o\]nce, \[a\]lways exactly this, \[n\]o, or a reason for the agent: $/, keys: "a\r" },
      {
        at: /Runs as administrator\.\n?\r?\n? {2}Asks because a command can do anything[^\n]*\n[^\n]*\[y\]es, \[n\]o, or[^\n]*agent: $/,
        keys: "n\r",
      },
    ];
    const { screen } = await atTerminal(["run", "--resume", id], { kept: my.kept, typed });
    assert.match(
      screen,
      / {2}Run echo hi >> out\.txt\n {2}Writes out\.txt\.\n {2}Asks because a command can do anything on this machine\.\n/,
    );
    assert.match(screen, /✓ Ran echo hi >> out\.txt · \d[^\n]* s · allowed earlier\n/);
    const shown = await openhands(["show", id.slice(0, 8)], { kept: my.kept });
    assert.equal(shown.stdout.match(/allowed earlier/g)?.length, 1);
  });

  it("are only read while another program writes to them", async () => {
    const waits = gate();
    await using my = await world([{ text: "Hello.", gate: waits }]);
    const running = Promise.withResolvers<ChildProcess>();
    const args = ["run", "Say hello.", "--workspace", my.folder, "--model", "fake", "--base-url", my.llm.url, "--json"];
    const ending = openhands(args, { kept: my.kept, onLine: (_, child) => running.resolve(child) });
    const child = await running.promise;
    await waits.reached;
    const id = await my.id();
    const [shown, listed, resumed, deleted] = await Promise.all([
      my.openhands("show", id),
      my.openhands("list"),
      my.openhands("run", "More.", "--resume", id),
      my.openhands("delete", id),
    ]);
    assert.match(shown.stdout, /> Say hello\./);
    assert.match(listed.stdout, /running/);
    for (const { code, stderr } of [resumed, deleted]) {
      assert.equal(code, 2);
      assert.match(stderr, /is open in another window or program/);
    }
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    await ending;
    waits.release();
    assert.match((await my.openhands("list")).stdout, /cut off/);
  });

  it("are kept apart from the demo's, which leaves nothing behind", async () => {
    await using home = await tempFolder();
    const { code } = await openhands(["demo", "--json"], { kept: home.path });
    assert.equal(code, 0);
    assert.match((await openhands(["list"], { kept: path.join(home.path) })).stdout, /^No conversations yet/);
  });
});
