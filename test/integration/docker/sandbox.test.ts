import { deepEqual, rejects } from "node:assert/strict";
import { useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("a sandbox", () => {
  const engine = useEngine();

  it("runs commands, writes files and searches them without a network, and its container goes with it", async () => {
    await using all = await testSandboxes(engine);
    const sandbox = await all.open();
    const { outcome, output } = await sandbox.terminal.run(
      { type: "command", command: "id -u; pwd; echo needle > found; cat /proc/net/dev | grep -c eth", noChangeTimeoutMs: 20_000 },
      { signal },
    );
    deepEqual([outcome, output.trim().split("\n")], [{ type: "completed", exitCode: 1 }, ["1000", "/workspace", "0"]]);
    const { files } = await sandbox.search.grep({ pattern: "needle", path: "/workspace" }, signal);
    deepEqual(files, [{ path: "/workspace/found", lines: [{ number: 1, text: "needle" }] }]);
    const { wall, isSandboxed, hasNetwork, kind } = sandbox.info;
    deepEqual(
      { wall, isSandboxed, hasNetwork, kind },
      { wall: "Docker · debian:bookworm-slim · no network", isSandboxed: true, hasNetwork: false, kind: "docker" },
    );
    await sandbox[Symbol.asyncDispose]();
    await rejects(sandbox.files.stat("/workspace", signal), { name: "RuntimeError" });
    deepEqual(await engine.docker.listContainers({ all: true, filters: { label: [`owner=${process.pid}`] } }), []);
  });
});
