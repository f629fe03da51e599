import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { type Answered, type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { until } from "../../support/until.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("a request to sandbox-server that is asked again because its answer was lost (KF-11)", () => {
  let folder: TempFolder;
  let server: HeadlessServer;

  beforeEach(async () => {
    folder = await tempFolder();
    server = await startHeadless({ workspace: folder.path, env: { OH_SESSION_API_KEYS_0: "another-key" } });
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const effects = (): Promise<string> => readFile(path.join(folder.path, "effects"), "utf8");
  const run = (id: string, command: string): Promise<Answered> =>
    server.ask("/api/runtime/terminal/run", {
      json: { type: "command", command, noChangeTimeoutMs: 20_000 },
      headers: { "x-request-id": id },
    });
  /** One line alone is JSON. */
  const linesOf = ({ json }: Answered): unknown[] =>
    typeof json === "string"
      ? json
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [json];
  const outcome = (answer: Answered): unknown => linesOf(answer).at(-1);

  it("runs a command once, and tells its result again without its output", async () => {
    const first = await run("one", "echo effect >> effects; echo shown");
    const second = await run("one", "echo effect >> effects; echo shown");
    deepEqual([await effects(), outcome(second)], ["effect\n", outcome(first)]);
    deepEqual([linesOf(first).length > 1, linesOf(second).length], [true, 1]);
    await run("two", "echo effect >> effects");
    equal(await effects(), "effect\neffect\n");
  });

  it("goes on with a command whose connection is lost, until somebody comes back for it", async () => {
    const lost = new AbortController();
    const command = "echo begun > begun; until test -e go; do sleep 0.02; done; echo effect >> effects; echo done";
    const first = server.ask("/api/runtime/terminal/run", {
      json: { type: "command", command, noChangeTimeoutMs: 20_000 },
      headers: { "x-request-id": "lost" },
      signal: lost.signal,
    });
    await until("its begin", () =>
      readFile(path.join(folder.path, "begun"))
        .catch(() => undefined)
        .then(Boolean),
    );
    lost.abort();
    await rejects(first);
    const again = run("lost", command);
    await server.ask("/api/bash/execute_bash_command", { json: { command: "touch go" } });
    const { type, result } = outcome(await again) as { type: string; result: { outcome: unknown; output: string } };
    deepEqual([type, result.outcome, result.output.trim()], ["result", { type: "completed", exitCode: 0 }, "done"]);
    equal(await effects(), "effect\n");
  });

  it("writes and removes a file once, and gives the refusal again as well", async () => {
    const file = path.join(folder.path, "file.txt");
    const write = (id: string, key = server.key) =>
      server.ask(`/api/runtime/files/write?${new URLSearchParams({ path: file, expected: "absent" })}`, {
        method: "PUT",
        body: "content",
        headers: { "x-request-id": id, "x-session-api-key": key },
      });
    const first = await write("write");
    deepEqual(await write("write"), first);
    deepEqual([first.status, first.json.sizeBytes], [200, 7]);
    const refused = await write("another");
    equal(refused.status, 409);
    await rm(file);
    deepEqual(await write("another"), refused);
    // Another key has ids of its own.
    equal((await write("another", "another-key")).status, 200);
    const remove = (id: string) => server.ask("/api/runtime/files/remove", { json: { path: file }, headers: { "x-request-id": id } });
    deepEqual(
      [await remove("remove"), await remove("remove"), (await remove("again")).status],
      [{ status: 200, json: { success: true } }, { status: 200, json: { success: true } }, 404],
    );
  });

  it("starts a single command once, also when both come at the same time", async () => {
    const start = (id: string) =>
      server.ask("/api/bash/start_bash_command", { json: { command: "true" }, headers: { "x-request-id": id } });
    const [first, second, other] = await Promise.all([start("same"), start("same"), start("other")]);
    deepEqual(first, second);
    notEqual(first.json.id, other.json.id);
    const { json } = await server.ask("/api/bash/bash_events/search?kind__eq=BashCommand");
    equal(json.items.length, 2);
  });

  it("tries again what has broken off before anything was done", async () => {
    const file = path.join(folder.path, "file.txt");
    const at = `/api/runtime/files/write?${new URLSearchParams({ path: file, expected: "absent" })}`;
    const headers = { "x-session-api-key": server.key, "x-request-id": "cut", "content-length": "7" };
    const cut = request(`${server.url}${at}`, { method: "PUT", headers });
    cut.on("error", () => undefined).write("con");
    await until("its begin", async () => cut.socket?.writableLength === 0);
    cut.destroy();
    const again = async () => (await server.ask(at, { method: "PUT", body: "content", headers: { "x-request-id": "cut" } })).status;
    await until("the file to be written", async () => (await again()) === 200);
    equal(await readFile(file, "utf8"), "content");
  });

  it("says so when an answer was too large to be kept, and refuses an id that is none", async () => {
    const command = { command: "head -c 400000 /dev/zero | tr '\\0' x; echo effect >> effects" };
    const ask = () => server.ask("/api/bash/execute_bash_command", { json: command, headers: { "x-request-id": "large" } });
    equal((await ask()).json.stdout.length, 400_000);
    const again = await ask();
    equal(again.status, 409);
    match(again.json.detail, /done already/);
    equal(await effects(), "effect\n");
    equal((await server.ask("/api/bash/execute_bash_command", { json: command, headers: { "x-request-id": "a b" } })).status, 400);
  });
});
