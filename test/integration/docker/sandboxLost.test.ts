import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import type Docker from "dockerode";
import type { Sandbox } from "../../../src/runtime/docker/sandboxes.ts";
import { command } from "../../support/commands.ts";
import { cutSocket } from "../../support/cutSocket.ts";
import { engineSocket, useEngine } from "../../support/docker.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";
import { tookAtMost } from "../../support/tookAtMost.ts";
import { until } from "../../support/until.ts";

const { signal } = new AbortController();

/** The sentence with which it was lost, and after how many milliseconds. */
async function loss({ lost }: Sandbox, act: () => unknown): Promise<{ sentence: string; ms: number }> {
  const start = performance.now();
  await act();
  if (!lost.aborted) await once(lost, "abort");
  return { sentence: String(lost.reason), ms: performance.now() - start };
}

describe("a sandbox that is lost", () => {
  const engine = useEngine();

  const outside = "The sandbox was killed or removed from outside";
  const causes: Readonly<Record<string, { act: (container: Docker.Container) => Promise<unknown>; what: string }>> = {
    killed: { act: (container) => container.kill(), what: outside },
    removed: { act: (container) => container.remove({ force: true }), what: outside },
    stopped: { act: (container) => container.stop({ t: 1 }), what: "The sandbox, or the engine that it ran on, was stopped from outside" },
  };
  for (const [name, { act, what }] of Object.entries(causes)) {
    it(`says that it was ${name}, also to what waits for it, and opens again with its files`, async () => {
      await using all = await testSandboxes(engine);
      const sandbox = await all.open();
      await sandbox.terminal.run(command("echo kept > file"), { signal });
      const expected = {
        name: "RuntimeError",
        code: "unreachable",
        message: `${what}; files in its workspace are kept. Send a message to start it again.`,
      };
      const running = sandbox.terminal.run(command("sleep 60"), { signal });
      // One that is asked to end tells that its shell has ended.
      const answered = name === "stopped" ? running.catch(() => undefined) : rejects(running, expected);
      const { sentence, ms } = await loss(sandbox, () => act(engine.docker.getContainer(`oh-${all.idOf(sandbox)}`)));
      equal(sentence, `RuntimeError: ${expected.message}`);
      tookAtMost(5_000, ms);
      await answered;
      await rejects(sandbox.files.stat("/workspace", signal), expected);
      await sandbox[Symbol.asyncDispose]();
      const again = await all.open({}, { id: all.idOf(sandbox) });
      equal((await again.terminal.run(command("cat file"), { signal })).output.trim(), "kept");
    });
  }

  it("says that its server has ended, with its last words", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const dying = sandbox.terminal.run(command("kill -ABRT $PPID; sleep 30"), { signal });
    await rejects(dying, /^RuntimeError: The sandbox ended by itself \(exit code 134.*\); files in its workspace are kept\./);
  });

  it("lives on when a command has used up its memory, and says so with the command", async () => {
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, memoryMegabytes: 256 }) });
    const sandbox = await all.open();
    const { outcome, notice } = await sandbox.terminal.run(command("head -c 2G /dev/zero | tail -c 1G | wc -c; echo ${PIPESTATUS[1]}"), {
      signal,
    });
    deepEqual(
      [outcome, notice],
      [{ type: "completed", exitCode: 0 }, "A process was killed, because the sandbox's memory limit of 256 MB was reached."],
    );
    const { notice: later, output } = await sandbox.terminal.run(command("echo alive"), { signal });
    deepEqual([output.trim(), later], ["alive", undefined]);
  });

  it("lives on when many small processes or its temporary files use up its memory", async () => {
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, memoryMegabytes: 256 }) });
    const sandbox = await all.open();
    const many = "for i in $(seq 60); do (head -c 8M /dev/zero | tail -c 8M | sleep 3) & done; wait";
    const { notice } = await sandbox.terminal.run(command(many), { signal });
    const files = "for place in /tmp ~; do head -c 1G /dev/zero > $place/full; done 2>&1";
    const { output } = await sandbox.terminal.run(command(files), { signal });
    const alive = await sandbox.terminal.run(command("rm /tmp/full ~/full; echo alive"), { signal });
    deepEqual(
      [notice, output.match(/No space left/g)?.length, alive.output.trim(), sandbox.lost.aborted],
      ["A process was killed, because the sandbox's memory limit of 256 MB was reached.", 2, "alive", false],
    );
  });

  it("waits while it is paused, says so, and goes on", async () => {
    const phases: string[] = [];
    await using all = await testSandboxes(engine);
    const sandbox = await all.open({}, { onPhase: (phase) => phases.push(phase) });
    phases.length = 0;
    const container = engine.docker.getContainer(`oh-${all.idOf(sandbox)}`);
    await container.pause();
    const answer = sandbox.terminal.run(command("echo on"), { signal });
    await until("the phase", async () => phases.includes("The sandbox is paused from outside") || undefined);
    // Longer than the patience with one that does not answer.
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 6_500);
    await promise;
    await container.unpause();
    equal((await answer).output.trim(), "on");
    deepEqual([phases, sandbox.lost.aborted], [["The sandbox is paused from outside", ""], false]);
  });

  it("is given up when it is paused for too long, whatever waits for it, and opens again with its files", async () => {
    await using all = await testSandboxes(engine, { pauseMs: 500 });
    const sandbox = await all.open();
    await sandbox.terminal.run(command("echo kept > file"), { signal });
    const waiting = rejects(sandbox.terminal.run(command("sleep 60"), { signal }), /^RuntimeError: The sandbox was paused from outside/);
    const { sentence } = await loss(sandbox, () => engine.docker.getContainer(`oh-${all.idOf(sandbox)}`).pause());
    equal(
      sentence,
      "RuntimeError: The sandbox was paused from outside for more than a minute and was given up; files in its workspace are kept. Send a message to start it again.",
    );
    await waiting;
    await sandbox[Symbol.asyncDispose]();
    const again = await all.open({}, { id: all.idOf(sandbox) });
    equal((await again.terminal.run(command("cat file"), { signal })).output.trim(), "kept");
  });

  it("says that the connection to the engine broke", async () => {
    await using socket = await cutSocket(engineSocket());
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, dockerHost: `unix://${socket.path}` }) });
    const sandbox = await all.open();
    const { sentence, ms } = await loss(sandbox, () => socket.close());
    match(
      sentence,
      /^RuntimeError: The Docker engine was stopped or restarted, or the connection to it broke; files in the sandbox's workspace are kept\./,
    );
    tookAtMost(5_000, ms);
    await sandbox[Symbol.asyncDispose]();
  });

  it("notices a connection that is open and carries nothing", async () => {
    await using socket = await cutSocket(engineSocket());
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, dockerHost: `unix://${socket.path}` }) });
    const sandbox = await all.open();
    const { sentence, ms } = await loss(sandbox, () => socket.cut());
    match(sentence, /^RuntimeError: The Docker engine was stopped or restarted, or the connection to it broke;/);
    ok(ms < 8_000, `${ms} ms`);
    socket.close();
    await sandbox[Symbol.asyncDispose]();
  });
});
