import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { Turns } from "../../../../src/server/hosting/turns.ts";
import { type ServedHosting, serveHosting } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

const run = promisify(execFile);
const git = (folder: string, ...args: readonly string[]) =>
  run("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", ...args]);
const echo = (command: string) => ({ tool_calls: [{ name: "terminal", arguments: { command } }] });

describe("where a conversation works, and what it looks up", () => {
  it("is a git worktree on a branch of its own when that is asked for, and the agent is told", async () => {
    const seen: string[] = [];
    const script = scriptedLlm([echo("pwd > here.txt; git branch --show-current >> here.txt"), { text: "Done." }]);
    const openLlm = () => ({
      ...script,
      stream: (request: Parameters<typeof script.stream>[0], signal: AbortSignal) => {
        seen.push(JSON.stringify(request.messages[0]));
        return script.stream(request, signal);
      },
    });
    await using served = await serveHosting({ openLlm });
    const { workspace } = served;
    await mkdir(join(workspace, "sub"));
    await writeFile(join(workspace, "sub", "a.txt"), "a\n");
    for (const args of [
      ["init", "-q", "-b", "main"],
      ["add", "."],
      ["commit", "-qm", "first"],
    ])
      await git(workspace, ...args);
    const id = await served.begin({ autotitle: false, worktree: true, workspace: { working_dir: join(workspace, "sub") } });
    const { working_dir } = (await served.ask("GET", `/api/conversations/${id}`)).body.workspace;
    const root = join(served.folder, "worktrees", id, "workspace");
    assert.equal(working_dir, join(root, "sub"));
    await finish(served, id);
    assert.equal(await readFile(join(root, "sub", "here.txt"), "utf8"), `${root}/sub\nopenhands/${id}\n`);
    assert.ok(seen[0]?.includes(root));
    assert.equal((await git(workspace, "status", "--porcelain")).stdout, "");
  });

  it("is the folder itself where there is no repository, or no commit in it", async () => {
    await using served = await serveHosting();
    const id = await served.begin({ worktree: true });
    assert.equal((await served.ask("GET", `/api/conversations/${id}`)).body.workspace.working_dir, served.workspace);
  });

  it("asks for a secret when it is needed, with its headers, and only where it may (HS-19)", async () => {
    const asked: IncomingMessage[] = [];
    const keeper = createServer((request, response) => {
      asked.push(request);
      response.end("looked-up-value");
    });
    await new Promise<void>((resolve) => keeper.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = keeper.address() as AddressInfo;
      const secrets = { TOKEN: { kind: "LookupSecret", url: `http://127.0.0.1:${port}/x`, headers: { Authorization: "Bearer me" } } };
      const outputs = [];
      for (const reachesInside of [true, false]) {
        await using served = await serveHosting({
          reachesInside,
          openLlm: () => scriptedLlm([echo("echo TOKEN: ${#TOKEN}"), { text: "Done." }]),
        });
        const id = await served.begin({ autotitle: false, secrets });
        assert.equal(asked.length, outputs.length);
        await finish(served, id);
        const [observation] = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=ObservationEvent`)).body.items;
        outputs.push(/TOKEN: (\d+)/.exec(JSON.stringify(observation))?.[1]);
      }
      assert.deepEqual(outputs, ["15", "0"]);
      assert.deepEqual(
        asked.map(({ url, headers }) => [url, headers.authorization]),
        [["/x", "Bearer me"]],
      );
    } finally {
      keeper.closeAllConnections();
      await new Promise((resolve) => keeper.close(resolve));
    }
  });

  it("shows a conversation in the list as it is, while it works", async () => {
    await using served = await serveHosting({ openLlm: () => scriptedLlm([echo("sleep 60"), { text: "Done." }]) });
    const id = await served.begin({ autotitle: false });
    await say(served, id);
    const running = () => served.ask("GET", "/api/conversations/search?status=running");
    await until("the run", async () => (await running()).body.items.length === 1);
    await served.ask("POST", `/api/conversations/${id}/interrupt`);
    assert.equal((await running()).body.items.length, 0);
    assert.equal((await served.ask("GET", "/api/conversations/count?status=paused")).body, 1);
  });
});

describe("turns", () => {
  it("come in the order in which they were asked for, so many at once, and are given up by who leaves", async () => {
    const turns = new Turns(1);
    const { signal } = new AbortController();
    const order: number[] = [];
    const first = await turns.take(signal);
    const leaver = new AbortController();
    const left = turns.take(leaver.signal).catch((error: unknown) => error);
    const others = [1, 2].map(async (number) => {
      using _turn = await turns.take(signal);
      order.push(number);
    });
    leaver.abort(new Error("gone"));
    assert.match(String(await left), /gone/);
    assert.deepEqual(order, []);
    first[Symbol.dispose]();
    await Promise.all(others);
    assert.deepEqual(order, [1, 2]);
    using _again = await turns.take(signal);
  });

  it("are lost by nobody when one is given up in the moment in which it comes", async () => {
    const turns = new Turns(1);
    const { signal } = new AbortController();
    const first = await turns.take(signal);
    const leaver = new AbortController();
    const left = turns.take(leaver.signal);
    const last = turns.take(signal);
    first[Symbol.dispose]();
    leaver.abort(new Error("gone"));
    (await left)[Symbol.dispose]();
    using _turn = await last;
  });
});

async function say(served: ServedHosting, id: string): Promise<void> {
  await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text: "Go." }], run: true });
}

async function finish(served: ServedHosting, id: string): Promise<void> {
  await say(served, id);
  await until("the end of the run", async () => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished");
}
