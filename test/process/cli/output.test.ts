import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { safe, shortened, widthOf } from "../../../src/cli/terminalText.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { tempFolder } from "../../support/workspaces.ts";
import { atTerminal, doTask, eventsOf, finish, openhands, program, terminal } from "./openhands.ts";

const usage = { prompt_tokens: 1_000, completion_tokens: 50, total_tokens: 1_050 };

describe("what the command line prints", function () {
  this.slow(5_000);

  it("is every step in full with --verbose, also in a pipe", async () => {
    const call = terminal("seq 1 30; echo two words");
    const { code, stdout } = await doTask(
      [{ text: "Counting.", reasoning: "They want numbers.", toolCalls: [call], usage }, finish],
      ["--confirm", "never", "--verbose"],
    );
    assert.equal(code, 0);
    assert.match(
      stdout,
      /They want numbers\.\n\nCounting\.\n {2}1,000 tokens in, 50 out · cost unknown so far\n✓ Ran seq 1 30; echo two words · [\d.]+ s\n {4}1\n {4}2\n/,
    );
    assert.match(stdout, / {4}30\n {4}two words\n[\s\S]*Finished\nAll done\./);
    assert.doesNotMatch(stdout, /\x1b/);
  });

  it("has colours on a terminal only, and NO_COLOR, FORCE_COLOR and a dumb terminal are heard", async () => {
    const colored = async (env: Record<string, string>): Promise<boolean> => {
      await using llm = await startFakeLlm([{ toolCalls: [{ name: "think", arguments: { thought: "Hm." } }] }, finish]);
      const { code, raw } = await atTerminal(["run", "Do it.", "--model", "m", "--base-url", llm.url], { env });
      assert.equal(code, 0);
      return raw.includes("\x1b[3");
    };
    assert.deepEqual(
      await Promise.all([colored({}), colored({ NO_COLOR: "1" }), colored({ TERM: "dumb" }), colored({ NO_COLOR: "1", FORCE_COLOR: "1" })]),
      [true, false, false, true],
    );
    const piped = await doTask([{ text: "Hi." }], ["--verbose"], { env: { FORCE_COLOR: "1" } });
    assert.match(piped.stdout, /\x1b\[/);
  });

  it("cannot move the cursor, or turn the text around, whatever model and server say", async () => {
    const evil = "a\x1b[2J\x1b]0;title\x07b\x9b31mc\u202ed\u2066e\rf\x08g";
    const answered = await doTask([{ text: `Hi ${evil}` }], []);
    assert.equal(answered.stdout, "Hi abcdefg");
    const refused = await doTask([{ status: 401, body: { error: { message: evil } } }], []);
    assert.doesNotMatch(refused.stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]/);
  });

  it("shows what it asks about whole, and what hides in it", async () => {
    await using llm = await startFakeLlm([{ toolCalls: [terminal("echo one\nrm -rf \u202e/tmp/x # \u200b\x1b[8m")] }]);
    const { screen } = await atTerminal(["run", "Do it.", "--model", "m", "--base-url", llm.url], {
      typed: [{ at: /agent: $/, keys: "\x04" }],
    });
    assert.match(screen, / {2}Run echo one\n {2}rm -rf \\u\{202E\}\/tmp\/x # \\u\{200B\}\\u\{001B\}\[8m\n/);
  });

  it("shows an edit that it asks about as a diff", async () => {
    const create = { name: "file_editor", arguments: { command: "create", path: "/tmp/never/made.txt", file_text: "one\ntwo\n" } };
    await using llm = await startFakeLlm([{ toolCalls: [create] }]);
    const args = ["run", "Do it.", "--model", "m", "--base-url", llm.url, "--confirm", "always"];
    const { screen } = await atTerminal(args, { typed: [{ at: /agent: $/, keys: "\x04" }] });
    assert.match(screen, /Create \/tmp\/never\/made\.txt\n {4}\+ one\n {4}\+ two\n/);
    assert.equal(existsSync("/tmp/never/made.txt"), false);
  });

  it("says that it ended at a limit, or stuck, also when only the answer is printed", async () => {
    const same = { toolCalls: [terminal("true")] };
    const stuck = await doTask([same, same, same, same, same], ["--confirm", "never"]);
    assert.deepEqual([stuck.code, stuck.stdout], [1, ""]);
    assert.match(stuck.stderr, /The agent repeats itself[\s\S]*To go on: openhands run --resume/);
    const tokens = await doTask([{ ...same, usage }, finish], ["--confirm", "never", "--max-tokens", "500"]);
    const time = await doTask([{ toolCalls: [terminal("sleep 30")] }, finish], ["--confirm", "never", "--timeout", "0.5"]);
    assert.deepEqual([tokens.code, time.code], [3, 3]);
    assert.match(tokens.stderr, /The limit of 500 tokens is reached/);
    assert.match(time.stderr, /The limit of 0\.5 seconds is reached/);
  });

  it("says on a terminal what goes on, in a line that is gone afterwards", async () => {
    await using llm = await startFakeLlm([{ toolCalls: [terminal("sleep 0.2; echo hi")] }, finish]);
    const { raw } = await atTerminal(["run", "Do it.", "--model", "m", "--base-url", llm.url, "--confirm", "never"], {
      env: { NO_COLOR: "1" },
    });
    assert.match(raw, /\r\x1b\[2K… Thinking\r\x1b\[2K… Running sleep 0\.2; echo hi\r\x1b\[2K✓ Ran sleep 0\.2; echo hi · /);
    const lastOfEach = raw.split("\r\n").map((line) => line.split("\r\x1b[2K").at(-1) ?? "");
    assert.deepEqual(
      lastOfEach.filter((line) => line.startsWith("…")),
      [],
    );
  });

  it("says where an answer was cut off", async () => {
    const { code, stdout } = await doTask([{ text: "Half", finishReason: "length" }, { text: "Whole." }], ["--verbose"]);
    assert.equal(code, 0);
    assert.match(stdout, /\nHalf\n[\s\S]*The answer was cut off here\.\n[\s\S]*\nWhole\.\n/);
  });

  it("says nothing of waits where only events or the answer are printed", async () => {
    const busy = { status: 503, headers: { "retry-after": "0" } };
    const [json, answer, all] = await Promise.all([["--json"], [], ["--verbose"]].map((flags) => doTask([busy, { text: "Hi." }], flags)));
    assert.ok(eventsOf(json?.stdout ?? "").length > 3);
    assert.deepEqual([json?.stderr, answer?.stdout, answer?.stderr], ["", "Hi.", ""]);
    assert.match(all?.stdout ?? "", /Next try in \d+ s\./);
  });

  it("may be more than its reader wants, and fails when it cannot be written", async () => {
    const early = spawn("bash", ["-c", `"${process.execPath}" "${program}" --help | head -1; echo "\${PIPESTATUS[0]}"`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.deepEqual(await Promise.all([text(early.stdout), text(early.stderr)]), [
      "OpenHands: a coding agent that works in a folder until the task is done.\n0\n",
      "",
    ]);
    if (!existsSync("/dev/full")) return;
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [program, "--help"], { stdio: ["ignore", full, "pipe"] });
    const [stderr, [code]] = await Promise.all([child.stderr ? text(child.stderr) : "", once(child, "close")]);
    closeSync(full);
    assert.match(stderr, /^The output could not be written \(.*ENOSPC.*\)\.\n$/);
    assert.equal(code, 1);
  });

  it("does not need a standard input, and takes a long task from it", async () => {
    await using llm = await startFakeLlm([{ text: "Long." }, { text: "Short." }]);
    await using home = await tempFolder();
    const run = ["--model", "m", "--base-url", llm.url];
    const long = await openhands(["run", "-", ...run], { stdin: `Read.\n${"many words ".repeat(170_000)}` });
    assert.deepEqual([long.code, long.stdout], [0, "Long."]);
    const tooLong = await openhands(["run", "-", ...run], { stdin: "many words ".repeat(950_000) });
    assert.deepEqual([tooLong.code, tooLong.stdout], [2, ""]);
    assert.match(tooLong.stderr, /^The message has \d+ characters, .*\n$/);
    const command = `"${process.execPath}" "${program}" run Go. ${run.join(" ")} <&-`;
    const env = { PATH: process.env["PATH"] ?? "", OH_PERSISTENCE_DIR: path.join(home.path, "kept") };
    const child = spawn("bash", ["-c", command], { stdio: ["ignore", "pipe", "pipe"], cwd: home.path, env });
    assert.deepEqual(await Promise.all([text(child.stdout), text(child.stderr)]), ["Short.\n", ""]);
  });

  it("keeps columns in line, whatever letters are in them", () => {
    assert.deepEqual(["abc", "日本", "👩‍💻", "é", "e\u0301", "🇩🇪"].map(widthOf), [3, 4, 2, 1, 1, 2]);
    assert.equal(shortened("日本語", 5), "日本…");
    assert.equal(safe("שלום\u200f\x07"), "שלום");
  });
});
