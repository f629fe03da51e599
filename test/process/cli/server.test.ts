import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { OfficialServer } from "../../support/officialServer.ts";
import { tempFolder } from "../../support/workspaces.ts";
import { eventsOf, openhands } from "./openhands.ts";

const key = "server-key-1";

describe("the command line, with a server", function () {
  this.slow(5_000);

  let server: OfficialServer;
  const at = (): string[] => ["--server", server.url];
  const env = { OPENHANDS_SERVER_KEY: key, LLM_API_KEY: "sk-model" };
  const task = (): string[] => ["run", "Say hello", ...at(), "--workspace", "/workspace/x", "--model", "m"];

  beforeEach(async () => {
    server = await OfficialServer.open({ key });
    server.onRun = (_, id) => {
      server.say(id, "Hello.");
      server.status(id, "finished");
    };
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it("does a task there, and says how to go on", async () => {
    const { code, stdout, stderr } = await openhands(task(), { env });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "Hello.", stderr: "" });
    const [id = ""] = server.conversations.keys();
    const more = await openhands(["run", "Again", "--resume", id.slice(0, 8), ...at(), "--json"], { env });
    assert.equal(more.code, 0, more.stderr);
    assert.deepEqual(
      eventsOf(more.stdout).map((event) => event.kind),
      ["MessageEvent", "ConversationStateUpdateEvent", "MessageEvent", "ConversationStateUpdateEvent"],
    );
    assert.ok(server.asked.every((asked) => !JSON.stringify([asked.path, asked.body]).includes(key)));
  });

  it("interrupts at Ctrl-C", async () => {
    server.onRun = (_, id) => void server.say(id, "Working.");
    const { code, stderr } = await openhands([...task(), "--json"], {
      env,
      onLine: (line, child) => void (line.includes("Working.") && child.kill("SIGINT")),
    });
    assert.equal(code, 130);
    assert.equal(server.askedFor("POST", "/interrupt").length, 1);
    assert.match(stderr, /To go on: openhands run --resume [0-9a-f]{8} --server http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it("lists, shows and deletes what is there", async () => {
    const id = server.begin();
    server.say(id, "First words");
    const list = await openhands(["list", ...at(), "--json"], { env });
    assert.equal(JSON.parse(list.stdout).id, id);
    const show = await openhands(["show", id.slice(0, 8), ...at()], { env });
    assert.match(show.stdout, /First words/);
    const gone = await openhands(["delete", id.slice(0, 8), ...at()], { env });
    assert.match(gone.stderr, /^Deleted [0-9a-f]{8} on 127\.0\.0\.1:\d+, for good\.\n$/);
    assert.equal(server.conversations.size, 0);
  });

  it("takes the key from a file, and refuses what cannot be, with a sentence and exit code 2", async () => {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "key");
    await writeFile(file, `${key}\n`);
    assert.equal((await openhands(["list", ...at(), "--server-key-file", file])).code, 0);
    const refused = async (args: readonly string[], sentence: RegExp, environment: Record<string, string> = env): Promise<void> => {
      const { code, stdout, stderr } = await openhands(args, { env: environment });
      assert.match(stderr, sentence);
      assert.deepEqual({ code, stdout, lines: stderr.trimEnd().split("\n").length }, { code: 2, stdout: "", lines: 1 }, stderr);
    };
    await refused(["list", ...at()], /does not take this key/, { OPENHANDS_SERVER_KEY: "wrong" });
    await refused(["list", "--server", "http://127.0.0.1:9"], /127\.0\.0\.1:9 does not answer/);
    await refused(["list", "--server", "http://agents.example.com"], /not encrypted.*--insecure/);
    await refused(["list", "--server", "https://me:secret@agents.example.com"], /not "https:\/\/…@agents\.example\.com"/);
    await refused(["list", "--insecure"], /--server URL/);
    await refused(["run", "x", ...at(), "--model", "m"], /--workspace \/workspace/);
    await refused([...task(), "--max-cost", "1"], /does not take --max-cost/);
    await refused([...task(), "--runtime", "docker"], /does not take --runtime/);
  });
});
