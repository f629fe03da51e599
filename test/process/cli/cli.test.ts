import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { spawn as spawnPty } from "node-pty";
import { readInvocation } from "../../../src/cli/options.ts";
import { doTask as doTaskOf } from "../../../src/cli/task.ts";
import { UsageError } from "../../../src/cli/usage.ts";
import { type Event, parseEvent } from "../../../src/protocol/events.ts";
import { root } from "../../support/checkout.ts";
import { type FakeAnswer, type FakeCall, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { playedLlm, say } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, startOf, tempFolder } from "../../support/workspaces.ts";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Hears every line of standard output; may send a signal, or stop reading. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
}

/** Runs the command line, from its source, with nobody at the terminal and an environment of its own. */
async function openhands(args: readonly string[], { env = {}, stdin = "", onLine = () => undefined }: CliOptions = {}): Promise<Ended> {
  await using home = await tempFolder();
  const own = { PATH: process.env["PATH"] ?? "", HOME: home.path, OH_PERSISTENCE_DIR: path.join(home.path, "kept"), ...env };
  const child = spawn(process.execPath, [path.join(root, "src/cli/main.ts"), ...args], { env: own, cwd: home.path, stdio: "pipe" });
  child.stdin.end(stdin);
  const lines: string[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, child);
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on("close", resolve);
  return { code: await promise, stdout: lines.join("\n"), stderr };
}

const terminal = (command: string): FakeCall => ({ name: "terminal", arguments: { command } });
const finish: FakeAnswer = { toolCalls: [{ name: "finish", arguments: { message: "All done." } }] };

/** Does a task in an empty folder with a model that answers so. */
async function doTask(answers: readonly FakeAnswer[], args: readonly string[], options: CliOptions = {}) {
  await using folder = await tempFolder();
  await using llm = await startFakeLlm(answers);
  const ended = await openhands(["run", "Do it.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url, ...args], options);
  const files = Object.fromEntries(
    await Promise.all((await readdir(folder.path)).map(async (name) => [name, await readFile(path.join(folder.path, name), "utf8")])),
  );
  return { ...ended, files, requests: llm.requests };
}

/** At a real terminal, where the agent asks before its command: what is on the screen after the answer `keys`, and the exit code. */
async function askedAndAnswered(keys: string): Promise<{ readonly screen: string; readonly code: number }> {
  await using home = await tempFolder();
  await using llm = await startFakeLlm([{ toolCalls: [terminal("echo hi")] }]);
  const env = { PATH: process.env["PATH"] ?? "", HOME: home.path };
  const args = [path.join(root, "src/cli/main.ts"), "run", "Do it.", "--model", "fake", "--base-url", llm.url];
  const child = spawnPty(process.execPath, args, { cwd: home.path, env });
  const { promise, resolve } = Promise.withResolvers<number>();
  let screen = "";
  child.onData((piece) => {
    screen += piece;
    if (/agent: \S*$/.test(screen)) child.write(keys);
  });
  child.onExit(({ exitCode }) => resolve(exitCode));
  return { code: await promise, screen: stripVTControlCharacters(screen) };
}

const eventsOf = (stdout: string): Event[] => stdout.split("\n").map((line) => parseEvent(JSON.parse(line)));

describe("the command line", function () {
  this.timeout(30_000);
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
    assert.match(stderr, /limit of 1 steps is reached/);
  });

  it("ends with 4 when it must ask and nobody is there, and has done nothing", async () => {
    const { code, stderr, files } = await doTask([{ toolCalls: [terminal("echo hi > out.txt")] }], []);
    assert.deepEqual({ code, files }, { code: 4, files: {} });
    assert.match(stderr, /pass --confirm never/);
  });

  /** Stops it, by `stop`, in the middle of a command; tells how it ended, and whether the command did. */
  async function stopped(command: string, stop: (child: ChildProcess) => void) {
    await using folder = await tempFolder();
    await using llm = await startFakeLlm([{ toolCalls: [terminal(command)] }]);
    const args = ["run", "Do it.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url, "--confirm", "never", "--json"];
    const running = Promise.withResolvers<ChildProcess>();
    const ending = openhands(args, { onLine: (_, child) => running.resolve(child) });
    const child = await running.promise;
    const pid = await until("the command", async () => {
      const text = await readFile(path.join(folder.path, "pid"), "utf8").catch(() => "");
      return text.trim() || undefined;
    });
    stop(child);
    return { ...(await ending), pid: Number(pid) };
  }

  it("ends with 130 when it is interrupted, and so does what it started", async () => {
    const { code, stdout, stderr, pid } = await stopped("echo $$ > pid; exec sleep 1000", (child) => child.kill("SIGINT"));
    assert.equal(code, 130);
    assert.match(stderr, /Interrupted/);
    assert.deepEqual(
      eventsOf(stdout)
        .slice(-3)
        .map((event) => event.kind),
      ["AgentErrorEvent", "ConversationStateUpdateEvent", "InterruptEvent"],
    );
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });

  it("leaves nothing running when its terminal is closed, or Ctrl-C is pressed twice", async () => {
    const stubborn = "trap '' INT HUP TERM; echo $$ > pid; sleep 1000";
    const twice = (child: ChildProcess): void => {
      child.kill("SIGINT");
      setTimeout(() => child.kill("SIGINT"), 100);
    };
    const ends = await Promise.all([stopped(stubborn, twice), stopped(stubborn, (child) => child.kill("SIGHUP"))]);
    for (const { code, stderr, pid } of ends) {
      assert.deepEqual({ code, stderr }, { code: 130, stderr: "Interrupted. What was done so far is kept.\n" });
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    }
  });

  it("stops when nobody reads its output any more, with a sentence and no stack", async () => {
    const { code, stderr, pid } = await stopped("echo $$ > pid; sleep 0.3", (child) => child.stdout?.destroy());
    assert.deepEqual({ code, stderr }, { code: 130, stderr: "Interrupted. What was done so far is kept.\n" });
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    const child = spawn(process.execPath, [path.join(root, "src/cli/main.ts"), "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    assert.deepEqual([await text(child.stderr), await new Promise((resolve) => child.on("close", resolve))], ["", 0]);
  });

  it("is interrupted by Ctrl-C at its question, and says why it stopped when the answer was no", async () => {
    const [interrupted, ended, refused] = await Promise.all([askedAndAnswered("\x03"), askedAndAnswered("\x04"), askedAndAnswered("n\r")]);
    assert.match(interrupted.screen, /Interrupted\. What was done so far is kept\.\s*$/);
    assert.match(ended.screen, /You did not allow it, so the agent stopped\./);
    assert.match(refused.screen, /You did not allow it, so the agent stopped\./);
    assert.deepEqual([interrupted.code, ended.code, refused.code], [130, 1, 1]);
  });

  it("does not begin when it is interrupted before it could", async () => {
    const llm = playedLlm([say("Never.")]);
    await using test = await openTestHost({ llm });
    const said: string[] = [];
    const output = { show: () => undefined, say: (sentence: string) => void said.push(sentence), end: () => undefined };
    const { id: _, ...start } = startOf();
    const code = await doTaskOf(test.host, { text: "Do it.", start, output, stop: AbortSignal.abort(), canAsk: false });
    assert.deepEqual(
      { code, said, asked: llm.requests.length },
      { code: 130, said: ["Interrupted. What was done so far is kept."], asked: 0 },
    );
  });

  it("ends with 2 and a sentence when it is called wrongly", async () => {
    await using folder = await tempFolder({ "file.txt": "" });
    const run = ["run", "Do it.", "--workspace", folder.path];
    const calls: readonly [readonly string[], RegExp][] = [
      [[], /Say what to do/],
      [["dance"], /There is no command "dance"/],
      [["run", "x", "--frobnicate"], /frobnicate.*openhands --help/],
      [["run"], /No model is chosen|There is no task/],
      [["run", "--model", "m"], /There is no task/],
      [run, /No model is chosen\. Pass --model NAME or set LLM_MODEL/],
      [["run", "x", "--workspace", path.join(folder.path, "none")], /The workspace .*none does not exist/],
      [["run", "x", "--workspace", path.join(folder.path, "file.txt")], /is not a folder/],
      [[...run, "--model", "m", "--confirm", "maybe"], /--confirm takes always, risky or never/],
      [[...run, "--model", "m", "--max-steps", "0"], /--max-steps takes a whole number/],
      [["run", "x", "--workspace", "", "--model", "m"], /--workspace takes a folder/],
      [["run", "x", "--model", "gpt-5"], /gpt-5 needs an API key\. Set LLM_API_KEY/],
      [["demo", "--confirm", "always"], /takes no option but --json/],
      [[...run, "--model", "m", "--base-url", "localhost:1"], /is not an http or https address/],
      [["run", "two", "words", "--model", "m"], /put it in quotes/],
      [["demo", "something"], /takes no task/],
    ];
    for (const [args, sentence] of calls) {
      await assert.rejects(
        readInvocation(args, {}),
        (error) => error instanceof UsageError && sentence.test(error.message) && !error.message.includes("\n"),
        args.join(" "),
      );
    }
    const { code, stdout, stderr } = await openhands(["run", "Do it."]);
    assert.deepEqual({ code, stdout, lines: stderr.trim().split("\n").length }, { code: 2, stdout: "", lines: 1 });
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
