import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { it } from "mocha";
import type { CommandRequest, CommandResult } from "../../src/protocol/runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { never, tell } from "./runtimeActs.ts";

/** Single commands beside the terminal. */
export function commandsContract(open: () => Promise<Runtime>): void {
  it("runs a single command in its folder, with what it is given to read and in its environment, and not in the terminal's shell", async () => {
    await using runtime = await open();
    await tell(runtime, "export FROM_SHELL=seen; cd /");
    const command = 'cat; pwd; echo "$GIVEN-$FROM_SHELL"; echo oops >&2; exit 3';
    deepEqual(await once(runtime, { command, env: { GIVEN: "yes" }, stdin: "{}\n" }), {
      exitCode: 3,
      isTimedOut: false,
      stdout: `{}\n${runtime.info.workingDir}\nyes-\n`,
      stderr: "oops\n",
    });
    // One that does not read what it is given.
    equal((await once(runtime, { command: "true", stdin: "x".repeat(1_000_000) })).exitCode, 0);
  });

  it("ends a single command with all that it started when its time is over", async () => {
    await using runtime = await open();
    // On a busy machine it may not have begun within the first of these.
    for (const timeoutMs of [200, 2_000, 10_000]) {
      const since = performance.now();
      const { isTimedOut, exitCode, stdout } = await once(runtime, { command: "echo begun; sleep 1000 & sleep 1000", timeoutMs });
      deepEqual([isTimedOut, exitCode], [true, -1]);
      tookAtMost(timeoutMs + 2_300, performance.now() - since);
      if (stdout === "begun\n") return;
      equal(stdout, "");
    }
    throw new Error("It never began.");
  });

  it("ends a single command when it is aborted, and when the runtime is disposed", async () => {
    const runtime = await open();
    const stop = new AbortController();
    const stopped = once(runtime, { command: "echo $$ > pid; exec sleep 1000" }, stop.signal);
    equal((await once(runtime, { command: "until test -s pid; do sleep 0.05; done" })).exitCode, 0);
    const ended = once(runtime, { command: "setsid -f sleep 1000; sleep 1000" });
    const [stoppedEnd, endedEnd] = [rejects(stopped, /That is enough/), rejects(ended)];
    stop.abort(new Error("That is enough."));
    await stoppedEnd;
    const gone = "until ! kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done; echo gone";
    equal((await once(runtime, { command: gone })).stdout, "gone\n");
    await runtime[Symbol.asyncDispose]();
    await endedEnd;
    await rejects(once(runtime, { command: "true" }));
  });

  it("keeps the beginning of what a single command writes without end", async () => {
    await using runtime = await open();
    const { stdout } = await once(runtime, { command: "echo first; yes | head -c 5000000" });
    ok(stdout.startsWith("first\ny\n") && stdout.length < 1_000_000, `${stdout.length} characters`);
  });
}

function once(runtime: Runtime, request: Partial<CommandRequest>, signal = never): Promise<CommandResult> {
  if (runtime.commands === undefined) throw new Error("No single command can run here.");
  return runtime.commands.run({ command: "", env: {}, stdin: "", timeoutMs: 20_000, ...request }, signal);
}
