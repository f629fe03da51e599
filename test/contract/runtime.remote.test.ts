import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openChildSandbox } from "../support/childSandbox.ts";
import { runtimeContract } from "./runtime.ts";

const { signal } = new AbortController();
const baseDir = path.join(tmpdir(), `remote-contract-${process.pid}`);

describe("RemoteRuntime", () => {
  after(() => rm(baseDir, { recursive: true, force: true }));

  runtimeContract(
    "remote, to a sandbox-server that is a child process",
    async (workingDir) => {
      await mkdir(workingDir, { recursive: true });
      return openChildSandbox(workingDir, signal);
    },
    { realShell: true, isTerminal: true, baseDir, atOnce: 8 },
  );

  it("says that the outcome is unknown when the server dies while a command runs", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "openhands-remote-"));
    await using runtime = await openChildSandbox(folder, signal);
    const run = runtime.terminal.run(
      { type: "command", command: `kill -9 ${runtime.pid}; sleep 30`, noChangeTimeoutMs: 10_000 },
      { signal },
    );
    await assert.rejects(run, { name: "RuntimeError", code: "unreachable" });
    await assert.rejects(runtime.files.stat(folder, signal), { code: "closed" });
    await rm(folder, { recursive: true });
  });

  it("writes and reads five hundred files one after the other without losing an answer", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "openhands-remote-"));
    await using runtime = await openChildSandbox(folder, signal);
    for (let size = 0; size < 500; size++) {
      const file = path.join(folder, "file.bin");
      const { version } = await runtime.files.write(file, Buffer.alloc(size * 97, "x"), { expected: "absent", signal });
      const read = await runtime.files.read(file, { maxBytes: 100_000, signal });
      assert.deepEqual([read.bytes.length, read.version], [size * 97, version]);
      await runtime.files.remove(file, signal);
    }
  });
});
