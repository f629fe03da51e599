import { deepEqual, equal } from "node:assert/strict";
import { useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("the network of a sandbox", () => {
  const engine = useEngine();

  it("is switched on and off while the sandbox runs; the terminal stays, and the model is told once", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const changes: string[] = [];
    using _ = all.sandboxes.onDidChange(() => changes.push(sandbox.info.wall));
    const run = (text: string) => sandbox.terminal.run({ type: "command", command: text, noChangeTimeoutMs: 20_000 }, { signal });
    const interfaces = "ls /sys/class/net | tr '\\n' ' '";
    await run("MINE=kept");
    equal((await run(interfaces)).output.trim(), "lo");
    await sandbox.setNetwork("bridge", signal);
    const on = await run(`echo $MINE; ${interfaces}`);
    deepEqual([on.output.split("\n")[0], /\beth\d/.test(on.output), sandbox.info.hasNetwork], ["kept", true, true]);
    equal(on.notice, "The person has switched the sandbox's network on: from now on hosts can be reached and things can be downloaded.");
    equal((await run("true")).notice, undefined);
    await sandbox.setNetwork("none", signal);
    const off = await run(`echo $MINE; ${interfaces}`);
    deepEqual([off.output.trim().split("\n"), sandbox.info.hasNetwork, sandbox.ref.network], [["kept", "lo"], false, "none"]);
    equal(off.notice, "The person has switched the sandbox's network off: from now on nothing can be reached or downloaded.");
    deepEqual(changes, ["Docker · debian:bookworm-slim · network on", "Docker · debian:bookworm-slim · no network"]);
  });
});
