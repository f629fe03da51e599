import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../../support/checkout.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { doTask, eventsOf, finish, openhands, terminal } from "./openhands.ts";

describe("the command line", function () {
  this.slow(3_000);

  it("ends with 0 when the task is done, and prints the answer only when nobody watches", async () => {
    const { code, stdout, stderr, files, requests } = await doTask(
      [{ toolCalls: [terminal("echo hi > out.txt")] }, finish],
      ["--confirm", "never"],
      {
        env: { LLM_API_KEY: "sk-own" },
      },
    );
    assert.deepEqual({ code, stdout, stderr, files }, { code: 0, stdout: "All done.", stderr: "", files: { "out.txt": "hi\n" } });
    assert.deepEqual(
      requests.map(({ headers }) => headers["authorization"]),
      ["Bearer sk-own", "Bearer sk-own"],
    );
  });

  it("prints one event a line as JSON", async () => {
    const { code, stdout } = await doTask([{ text: "Hello.", toolCalls: [terminal("echo hi")] }, finish], ["--confirm", "never", "--json"]);
    assert.equal(code, 0);
    const spoken = eventsOf(stdout).filter((event) => event.kind !== "ConversationStateUpdateEvent");
    assert.deepEqual(
      spoken.map((event) => event.kind),
      ["MessageEvent", "SystemPromptEvent", "ActionEvent", "ObservationEvent", "ActionEvent", "ObservationEvent"],
    );
  });

  it("ends with 1 when the model fails, and with 2 when its key is refused, and says why without the key", async () => {
    const options = { env: { LLM_API_KEY: "sk-own" } };
    const failed = await doTask([{ text: "I", finishReason: "content_filter" }], [], options);
    const refused = await doTask([{ status: 401, body: { error: { message: "no" } } }], [], options);
    assert.deepEqual([failed.code, refused.code], [1, 2]);
    assert.match(failed.stderr, /content filter stopped the answer/);
    assert.match(refused.stderr, /refused the API key/);
    assert.doesNotMatch(failed.stderr + refused.stderr, /sk-own/);
  });

  it("ends with 3 at the limit of steps", async () => {
    const { code, stderr } = await doTask(
      [{ toolCalls: [terminal("true")] }, { toolCalls: [terminal("true")] }],
      ["--confirm", "never", "--max-steps", "1"],
    );
    assert.equal(code, 3);
    assert.match(stderr, /limit of 1 step is reached/);
  });

  it("ends with 4 when it must ask and nobody is there, and has done nothing", async () => {
    const { code, stderr, files } = await doTask([{ toolCalls: [terminal("echo hi > out.txt")] }], []);
    assert.deepEqual({ code, files }, { code: 4, files: {} });
    assert.match(stderr, /pass --confirm never/);
  });

  it("helps, and says its version", async () => {
    const [help, short, version] = await Promise.all([openhands(["--help"]), openhands(["-h"]), openhands(["--version"])]);
    const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
    assert.deepEqual([help.code, short.code, version.code, version.stdout], [0, 0, 0, manifest.version]);
    assert.match(help.stdout, /Usage[\s\S]*Exit codes/);
    assert.equal(short.stdout, help.stdout);
  });

  it("reads the task from standard input", async () => {
    await using llm = await startFakeLlm([{ text: "Read." }]);
    const { code, stdout } = await openhands(["run", "-", "--model", "fake", "--base-url", llm.url], { stdin: "Read this.\n" });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "Read." });
    assert.match(JSON.stringify(llm.requests[0]?.body.messages), /"content":"Read this\."/);
  });

  it("plays the demo: the test fails, is mended, and passes", async () => {
    const { code, stdout, stderr } = await openhands(["demo", "--json"]);
    const observations = eventsOf(stdout).flatMap((event) => (event.kind === "ObservationEvent" ? [event.observation] : []));
    const told = observations.map((observation) =>
      observation.kind === "TerminalObservation" ? observation.exit_code : observation.is_error,
    );
    assert.deepEqual({ code, stderr, told }, { code: 0, stderr: "", told: [1, false, false, false, 0, false] });
  });
});
