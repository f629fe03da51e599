import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it } from "mocha";
import type { TerminalResult } from "../../src/protocol/runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { code, input, never, poll, press, put, rejection, run, tell, told } from "./runtimeActs.ts";

/** What every terminal does, with the few commands that a scripted one knows too. */
export function terminalContract(open: () => Promise<Runtime>): void {
  describe("terminal", () => {
    it("gives a command's output and exit code, and the folder it ran in", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      deepEqual(await run(runtime, "echo hello"), {
        outcome: { type: "completed", exitCode: 0 },
        output: "hello\n",
        omittedBytes: 0,
        workingDir,
      });
      deepEqual(await run(runtime, "false"), { outcome: { type: "completed", exitCode: 1 }, output: "", omittedBytes: 0, workingDir });
    });

    it("keeps the folder from one command to the next, and starts in the working directory", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      equal(await tell(runtime, "pwd"), `0 ${workingDir}\n`);
      await put(runtime, `${workingDir}/sub/file`, "x");
      equal((await run(runtime, "cd sub")).workingDir, `${workingDir}/sub`);
      equal(await tell(runtime, "pwd"), `0 ${workingDir}/sub\n`);
    });

    it("gives the output as it comes, without anything of its own", async () => {
      await using runtime = await open();
      let seen = "";
      await runtime.terminal.run(
        { type: "command", command: "echo hello", noChangeTimeoutMs: 40_000 },
        { signal: never, onOutput: (text) => (seen += text) },
      );
      equal(seen.replaceAll("\r\n", "\n"), "hello\n");
    });

    it("TF-05 tells that a silent command still runs, and refuses another one meanwhile", async () => {
      await using runtime = await open();
      equal(await tell(runtime, "sleep 1000", { noChangeTimeoutMs: 20 }), "running: no_change ");
      equal(await tell(runtime, "echo hello"), "busy ");
      equal(told(await poll(runtime, { noChangeTimeoutMs: 20 })), "running: no_change ");
      equal(told(await poll(runtime, { timeoutMs: 0 })), "running: timeout ");
    });

    it("TF-05 waits as long as a hard limit says, whatever the silence", async () => {
      await using runtime = await open();
      equal(await tell(runtime, "sleep 1000", { timeoutMs: 40, noChangeTimeoutMs: 1 }), "running: timeout ");
    });

    it("ends a running command when Ctrl-C is pressed", async () => {
      await using runtime = await open();
      await run(runtime, "sleep 1000", { timeoutMs: 0 });
      deepEqual((await press(runtime, "C-c")).outcome, { type: "completed", exitCode: 130 });
      equal(await tell(runtime, "echo usable"), "0 usable\n");
    });

    it("gives a command variables of any value, keeps them, and shows them nowhere", async () => {
      await using runtime = await open();
      let seen = "";
      const withEnv = (command: string, env: Record<string, string>): Promise<TerminalResult> =>
        runtime.terminal.run(
          { type: "command", command, env, noChangeTimeoutMs: 40_000 },
          { signal: never, onOutput: (text) => (seen += text) },
        );
      const values = { PLAIN: "secret", _odd1: `it's "a" $HOME \`x\` \\ %s !!`, LINES_: "one\ntwo\t€ 🙂", EMPTY: "" };
      deepEqual([told(await withEnv("true", values)), seen], ["0 ", ""]);
      for (const [name, value] of Object.entries(values)) equal(await tell(runtime, `printenv ${name}`), `0 ${value}\n`);
      equal(told(await withEnv("printenv PLAIN", { PLAIN: "other" })), "0 other\n");
      equal(await tell(runtime, "printenv EMPTY"), "0 \n");
      for (const env of [{ A: "x\0y" }, { A: "\ud800" }, { "A B": "x" }, { "1A": "x" }, { "A=$(false)": "x" }])
        ok(["failed", "TypeError"].includes(String(await code(withEnv("true", env)))), JSON.stringify(env));
      equal(await tell(runtime, "printenv PLAIN"), "0 other\n");
    });

    it("does nothing for a poll, an input or a key when nothing runs", async () => {
      await using runtime = await open();
      const answers = [await poll(runtime), await input(runtime, "echo x"), await press(runtime, "C-c")];
      deepEqual(answers.map(told), ["nothing_running ", "nothing_running ", "nothing_running "]);
      await run(runtime, "true");
      equal(told(await poll(runtime)), "nothing_running ");
    });

    it("TF-08 tells that the shell has ended, and goes on with a new one in the same folder", async () => {
      await using runtime = await open();
      await put(runtime, `${runtime.info.workingDir}/sub/file`, "x");
      await run(runtime, "cd sub");
      deepEqual((await run(runtime, "exit 3")).outcome, { type: "shell_ended", exitCode: 3 });
      equal(await tell(runtime, "pwd"), `0 ${runtime.info.workingDir}/sub\n`);
    });

    it("rejects with the abort reason when aborted, and stays usable", async () => {
      await using runtime = await open();
      const controller = new AbortController();
      const waiting = runtime.terminal.run(
        { type: "command", command: "sleep 1000", noChangeTimeoutMs: 40_000 },
        { signal: controller.signal },
      );
      controller.abort("stopped");
      equal(await rejection(waiting), "stopped");
      equal(await tell(runtime, "echo usable"), "0 usable\n");
    });

    it("TF-24 takes an abort of a poll, and a second one, as one interrupt", async () => {
      await using runtime = await open();
      await run(runtime, "sleep 1000", { timeoutMs: 0 });
      const controller = new AbortController();
      const polls = [1, 2].map(() =>
        rejection(runtime.terminal.run({ type: "poll", noChangeTimeoutMs: 40_000 }, { signal: controller.signal })),
      );
      controller.abort("stopped");
      deepEqual(await Promise.all(polls), ["stopped", "stopped"]);
      equal(await tell(runtime, "echo usable"), "0 usable\n");
    });

    it("does nothing when the signal is aborted before", async () => {
      await using runtime = await open();
      const signal = AbortSignal.abort("stopped");
      equal(
        await rejection(runtime.terminal.run({ type: "command", command: "exit 1", noChangeTimeoutMs: 40_000 }, { signal })),
        "stopped",
      );
      equal(await rejection(runtime.terminal.reset(signal)), "stopped");
      equal(await tell(runtime, "echo usable"), "0 usable\n");
    });

    it("does one of two commands that come at once, and refuses the other", async () => {
      await using runtime = await open();
      const answers = await Promise.all([run(runtime, "echo one"), run(runtime, "echo two")]);
      deepEqual(answers.map(told), ["0 one\n", "busy "]);
    });

    it("starts anew in the working directory when reset, and ends what ran", async () => {
      await using runtime = await open();
      await put(runtime, `${runtime.info.workingDir}/sub/file`, "x");
      await run(runtime, "cd sub");
      const running = run(runtime, "sleep 1000");
      await runtime.terminal.reset(never);
      equal((await running).outcome.type, "shell_ended");
      await run(runtime, "sleep 1000", { timeoutMs: 0 });
      await runtime.terminal.reset(never);
      equal((await runtime.terminal.run({ type: "poll", noChangeTimeoutMs: 0 }, { signal: never })).outcome.type, "nothing_running");
      equal(await tell(runtime, "pwd"), `0 ${runtime.info.workingDir}\n`);
    });

    it("may be disposed twice, within two seconds, and rejects everything afterwards", async () => {
      const runtime = await open();
      const running = run(runtime, "sleep 1000").catch(() => undefined);
      const since = performance.now();
      await Promise.all([runtime[Symbol.asyncDispose](), runtime[Symbol.asyncDispose]()]);
      await runtime[Symbol.asyncDispose]();
      tookAtMost(2000, performance.now() - since);
      await running;
      const refused = [
        run(runtime, "echo x"),
        poll(runtime),
        runtime.terminal.reset(never),
        runtime.files.stat("/", never),
        runtime.files.list("/", never),
        runtime.files.remove("/x", never),
        put(runtime, "/x", ""),
      ];
      deepEqual(new Set(await Promise.all(refused.map(code))), new Set(["closed"]));
    });
  });
}
