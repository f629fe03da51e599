import { equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { command } from "../../support/commands.ts";
import { noOwnEngine, ownEngine } from "../../support/ownEngine.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("an engine that is restarted", () => {
  before(function () {
    const problem = noOwnEngine();
    if (problem === undefined) return;
    console.log(`    ${problem} These tests are skipped.`);
    this.skip();
  });

  const stopped =
    "The sandbox, or the engine that it ran on, was stopped from outside; files in its workspace are kept. Send a message to start it again.";
  const broken =
    "The Docker engine was stopped or restarted, or the connection to it broke; files in the sandbox's workspace are kept. When it runs again, send a message to start the sandbox again.";
  for (const { name, liveRestore, sentence } of [
    { name: "and ends its containers", liveRestore: false, sentence: stopped },
    { name: "and lets its containers run", liveRestore: true, sentence: broken },
  ]) {
    it(`${name} costs no file: it is said, nothing hangs, and the next start has the workspace`, async () => {
      await using engine = await ownEngine({ diskMegabytes: 400, liveRestore });
      await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, dockerHost: engine.address }) });
      const sandbox = await all.open({ image: engine.image });
      const id = all.idOf(sandbox);
      await sandbox.terminal.run(command("echo kept > file"), { signal });
      const lost = once(sandbox.lost, "abort");
      // It may tell that its shell was ended, or that it is lost.
      const running = sandbox.terminal.run(command("sleep 60"), { signal }).catch(() => undefined);
      await engine.stop();
      await Promise.all([lost, running]);
      equal(String(sandbox.lost.reason), `RuntimeError: ${sentence}`);
      await rejects(sandbox.files.stat("/workspace", signal), { name: "RuntimeError", message: sentence });
      await sandbox[Symbol.asyncDispose]();
      await rejects(all.open({ image: engine.image }, { id }), { code: "unreachable", message: /^No Docker engine answers at [^.]*/ });
      await engine.start();
      const again = await all.open({ image: engine.image }, { id });
      equal((await again.terminal.run(command("cat file"), { signal })).output.trim(), "kept");
    });
  }
});
