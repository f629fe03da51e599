import { deepEqual, equal, match } from "node:assert/strict";
import { it } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { abortWhenReady, never, poll, press, run, tell, told, untilOutput } from "./runtimeActs.ts";
import type { ShellWords } from "./words/words.ts";

/** How commands and shells end, by themselves. */
export function endingTests(open: () => Promise<Runtime>, words: ShellWords, atOnce = 50): void {
  it("§10.60 TF-08 tells within a second that the shell has ended, however that came", async () => {
    await using runtime = await open();
    for (const [command, expected] of Object.entries(words.ends)) {
      const since = performance.now();
      match(await tell(runtime, command), expected, command);
      tookAtMost(1000, performance.now() - since, command);
      equal(await tell(runtime, "echo usable"), "0 usable\n", command);
    }
  });

  it("TF-16 loses nothing of what a shell wrote before it ended", async () => {
    await using runtime = await open();
    match(await tell(runtime, "exec seq 1 20000"), /^shell ended 0 1\n[^]*\n20000\n$/);
    // Also for one who takes as long over each piece as a watcher may.
    const onOutput = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 95));
    const command = { type: "command", command: "exec seq 1 10000", noChangeTimeoutMs: 20_000 } as const;
    match(told(await runtime.terminal.run(command, { signal: never, onOutput })), /^shell ended 0 1\n[^]*\n10000\n$/);
  });

  it("TF-07 returns at once from commands that leave something in the background, and ends it when disposed", async () => {
    const runtime = await open();
    const since = performance.now();
    await run(runtime, words.startsInBackground);
    // What leaves the shell's session; one of them keeps the terminal open, and one does not mind being told to end.
    await run(runtime, "setsid -f sleep 1000; setsid -f nohup sh -c 'trap \"\" HUP TERM; sleep 1000' >/dev/null 2>&1");
    const [counts, expected] = words.countsJobs;
    match(await tell(runtime, counts), new RegExp(expected));
    tookAtMost(1000, performance.now() - since);
    await runtime[Symbol.asyncDispose]();
    tookAtMost(3000, performance.now() - since);
  });

  it("TF-07 ends what a dead shell has left when disposed", async () => {
    await using runtime = await open();
    await run(runtime, "nohup sleep 1000 >/dev/null 2>&1 & exit");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-20 gives exit codes as they are", async () => {
    await using runtime = await open();
    for (const exitCode of [0, 1, 2, 126, 127, 128, 130, 137, 139, 143, 255])
      equal(await tell(runtime, `bash -c 'exit ${exitCode}'`), `${exitCode} `);
    match(await tell(runtime, "/etc/passwd"), /^126 /);
    match(await tell(runtime, "no-such-program"), /^127 /);
    match(await tell(runtime, "bash -c 'kill -9 $$'"), /^137 /);
    match(await tell(runtime, "bash -c 'kill -SEGV $$'"), /^139 /);
    match(await tell(runtime, `kill -INT ${words.ownPid}`), /^130 /);
  });

  it("goes on after `rm -rf` of the folder for temporary files", async () => {
    await using runtime = await open();
    await run(runtime, words.posix('rm -rf "${TMPDIR:?}"/*'));
    equal(await tell(runtime, "echo usable"), "0 usable\n");
    equal(await tell(runtime, "exit 1").then((text) => text.slice(0, 13)), "shell ended 1");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it(`TF-19 opens ${atOnce} shells at once`, async () => {
    const runtimes = await Promise.all(Array.from({ length: atOnce }, open));
    const answers = await Promise.all(runtimes.map((runtime, index) => tell(runtime, `echo ${index}`)));
    await Promise.all(runtimes.map((runtime) => runtime[Symbol.asyncDispose]()));
    deepEqual(
      answers,
      runtimes.map((_, index) => `0 ${index}\n`),
    );
  });
}

/** And because they are stopped. */
export function interruptTests(open: () => Promise<Runtime>, words: ShellWords): void {
  for (const [name, command] of Object.entries(words.stubborn)) {
    it(`ends ${name} within two seconds when aborted, and keeps the shell`, async () => {
      await using runtime = await open();
      await run(runtime, words.keep);
      const { error, tookMs } = await abortWhenReady(runtime, command);
      match(String(error), /stopped/);
      tookAtMost(2000, tookMs);
      equal(await tell(runtime, words.showKept), "0 yes\n");
    });
  }

  it("TF-09 replaces a shell that itself ignores everything", async () => {
    await using runtime = await open();
    const { tookMs } = await abortWhenReady(runtime, words.ignoresAll);
    tookAtMost(2000, tookMs);
    equal(await tell(runtime, "echo usable; pwd"), `0 usable\n${runtime.info.workingDir}\n`);
  });

  it("TF-24 can be stopped at any moment of a command's start", async () => {
    await using runtime = await open();
    await run(runtime, words.keep);
    for (let turns = 0; turns < 40; turns++) {
      const controller = new AbortController();
      const waiting = runtime.terminal
        .run({ type: "command", command: "sleep 1000", noChangeTimeoutMs: 40_000 }, { signal: controller.signal })
        .catch((reason: unknown) => reason);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      controller.abort("stopped");
      equal(await waiting, "stopped");
      equal(await tell(runtime, words.showKept), "0 yes\n", `after ${turns} turns`);
    }
  });

  it("tells the end of a command that ended between two answers", async () => {
    await using runtime = await open();
    await run(runtime, "mkfifo gate");
    const first = run(runtime, words.waitsAtGate, { noChangeTimeoutMs: 100 });
    equal(told(await untilOutput(runtime, first, /one\n/)), "running: no_change one\n");
    const waiting = poll(runtime);
    await press(runtime, "C-c", { timeoutMs: 0 });
    match(told(await waiting), /^130 /);
  });
}
