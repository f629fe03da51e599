import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { doTask as doTaskOf } from "../../../src/cli/task.ts";
import { chunk, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { gate, playedLlm, say } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, tempFolder } from "../../support/workspaces.ts";
import { atTerminal, eventsOf, openhands, program, terminal } from "./openhands.ts";

const howToGoOn = /What was done so far is kept\.\nTo go on: openhands run --resume [0-9a-f]{8}\n$/;

describe("the command line, interrupted", function () {
  this.slow(5_000);

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
    assert.match(stderr, /^Stopping\. Press Ctrl-C again to leave at once\.\nInterrupted\./);
    assert.match(stderr, howToGoOn);
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
      assert.equal(code, 130);
      assert.match(stderr, howToGoOn);
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    }
  });

  it("leaves at once at a second Ctrl-C, with all that it started", async () => {
    const stubborn = "trap '' INT HUP TERM; (sleep 1000 & echo $! > child); echo $$ > pid; sleep 1000";
    const { pid, ...left } = await stopped(stubborn, (child) => {
      // Later than what is taken for the same signal, passed on.
      child.stderr?.once("data", () => setTimeout(() => child.kill("SIGINT"), 300));
      child.kill("SIGINT");
    });
    // It has not waited until the command had ended: that would be the next event, and its end a sentence.
    assert.equal(eventsOf(left.stdout).at(-1)?.kind, "ActionEvent");
    assert.deepEqual([left.code, left.stderr], [130, "Stopping. Press Ctrl-C again to leave at once.\n"]);
    // A dead one may be listed until the system has buried it.
    const { stdout } = spawnSync("ps", ["-o", "state=", "-s", String(pid)], { encoding: "utf8" });
    assert.deepEqual(
      stdout.split("\n").filter((state) => state !== "" && !state.startsWith("Z")),
      [],
    );
  });

  it("stops when nobody reads its output any more, with a sentence and no stack", async () => {
    const { code, stderr, pid } = await stopped("echo $$ > pid; sleep 0.3", (child) => child.stdout?.destroy());
    assert.equal(code, 130);
    assert.match(stderr, /^Interrupted\. What was done so far is kept\.\nTo go on: /);
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    const child = spawn(process.execPath, [program, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    assert.deepEqual([await text(child.stderr), await new Promise((resolve) => child.on("close", resolve))], ["", 0]);
  });

  it("is interrupted by Ctrl-C at its question, and says why it stopped when the answer was no", async () => {
    const answered = async (keys: string) => {
      await using llm = await startFakeLlm([{ toolCalls: [terminal("echo hi")] }]);
      return await atTerminal(["run", "Do it.", "--model", "fake", "--base-url", llm.url], { typed: [{ at: /agent: $/, keys }] });
    };
    const [interrupted, ended, refused] = await Promise.all([answered("\x03"), answered("\x04"), answered("n\r")]);
    assert.match(interrupted.screen, howToGoOn);
    assert.match(ended.screen, /You did not allow it, so the agent stopped\./);
    assert.match(refused.screen, /You did not allow it, so the agent stopped\./);
    assert.deepEqual([interrupted.code, ended.code, refused.code], [130, 1, 1]);
  });

  it("takes nothing for an answer that was typed before it asked", async () => {
    const call = chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "terminal", arguments: '{"command":"echo hi"}' } }] });
    const slow = Array.from({ length: 30 }, () => ": thinking\n\n");
    await using llm = await startFakeLlm([{ bytes: [...slow, call, chunk({}, "tool_calls")], everyMs: 100 }, { text: "Done." }]);
    const typed = [
      { at: /Thinking/, keys: "y\ryes\ry" },
      { at: /agent: $/, keys: "\r" },
    ];
    const { code, screen } = await atTerminal(["run", "Do it.", "--model", "fake", "--base-url", llm.url], { typed });
    assert.match(screen, /You did not allow it, so the agent stopped\./);
    assert.deepEqual([code, llm.requests.length], [1, 1]);
  });

  it("stops waiting for a model that does not answer, at once", async () => {
    const waits = gate();
    await using folder = await tempFolder();
    await using llm = await startFakeLlm([{ text: "Never.", gate: waits }]);
    const running = Promise.withResolvers<ChildProcess>();
    const args = ["run", "Do it.", "--workspace", folder.path, "--model", "fake", "--base-url", llm.url, "--json"];
    const ending = openhands(args, { onLine: (_, child) => running.resolve(child) });
    const child = await running.promise;
    await waits.reached;
    child.kill("SIGTERM");
    const { code, stderr } = await ending;
    waits.release();
    assert.equal(code, 130);
    assert.match(stderr, howToGoOn);
  });

  it("does not begin when it is interrupted before it could", async () => {
    const llm = playedLlm([say("Never.")]);
    await using test = await openTestHost({ llm });
    const output = { begin: () => undefined, show: () => undefined, say: () => undefined, end: () => undefined };
    const commands = async () => [{ type: "message.send", conversationId: test.id, text: "Do it." } as const];
    await doTaskOf(test.host, { conversationId: test.id, commands, isNew: true, output, stop: AbortSignal.abort(), canAsk: false });
    assert.equal(llm.requests.length, 0);
  });
});
