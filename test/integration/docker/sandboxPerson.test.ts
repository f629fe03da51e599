import { deepEqual, equal, ok } from "node:assert/strict";
import { testImage, useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { until } from "../../support/until.ts";

const { signal } = new AbortController();

describe("a person in a sandbox", () => {
  const engine = useEngine();

  it("sees and types into the agent's terminal", async () => {
    await using all = await testSandboxes(engine);
    const { terminal } = await all.open();
    let seen = "";
    using _watching = terminal.onRaw((text) => (seen += text));
    const run = (command: string): Promise<{ output: string }> =>
      terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
    await run("echo of the agent");
    await until("what the agent does", async () => seen.includes("echo of the agent\r\nof the agent\r\n"));
    terminal.type("mine=typed\r");
    await until("the line", async () => seen.includes("mine=typed\r\n"));
    equal((await run("echo $mine")).output, "typed\n");
  });

  it("has shells of their own, which end with the sandbox", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const shell = await sandbox.openShell({ cols: 90, rows: 20 });
    let shown = "";
    shell.onOutput((text) => {
      shown += text;
    });
    const ended = Promise.withResolvers<number | null>();
    shell.onEnd((exitCode) => ended.resolve(exitCode));
    shell.type("stty size; pwd; id -u; echo $PATH\r");
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    await until("its answer", async () => shown.includes(`20 90\r\n/workspace\r\n1000\r\n${path}`));
    shell.type("sleep 1000\r");
    await until("its command", async () => (await sandbox.terminals(signal)).some(({ command }) => command === "sleep 1000"));
    deepEqual(
      (await sandbox.terminals(signal)).map(({ owner, workingDir }) => [owner, workingDir]),
      [
        ["agent", "/workspace"],
        ["person", "/workspace"],
      ],
    );
    await sandbox[Symbol.asyncDispose]();
    equal(await ended.promise, null);
  });

  for (const image of ["noBash", "empty"] as const)
    it(`has a shell with job control in an image that has none of the usual: ${image}`, async () => {
      await using all = await testSandboxes(engine);
      const sandbox = await all.open({ image: await testImage(engine.docker, image) });
      using shell = await sandbox.openShell({ cols: 90, rows: 20 });
      let shown = "";
      shell.onOutput((text) => {
        shown += text;
      });
      shell.type("sleep 1000\r");
      await until("its command", async () => (await sandbox.terminals(signal)).some(({ command }) => command?.endsWith("sleep 1000")));
      shell.type("\x03");
      shell.type("echo a''fter\r");
      await until("its end", async () => shown.includes("after\r\n"));
      ok(!shown.includes("job control"), shown);
    });
});
