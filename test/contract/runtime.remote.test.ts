import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FileStat, TerminalResult } from "../../src/protocol/runtime.ts";
import type { OutputListener } from "../../src/runtime/runtime.ts";
import { openChildSandbox } from "../support/childSandbox.ts";
import { until } from "../support/until.ts";
import { runtimeContract } from "./runtime.ts";

const { signal } = new AbortController();
const baseDir = path.join(tmpdir(), `remote-contract-${process.pid}`);

describe("RemoteRuntime", () => {
  const folders: string[] = [];
  const makeFolder = async (): Promise<string> => {
    const folder = await mkdtemp(`${baseDir}-`);
    folders.push(folder);
    return folder;
  };
  after(() => Promise.all([baseDir, ...folders].map((folder) => rm(folder, { recursive: true, force: true }))));

  runtimeContract(
    "remote, to a sandbox-server that is a child process",
    async (workingDir) => {
      await mkdir(workingDir, { recursive: true });
      return openChildSandbox(workingDir, signal);
    },
    { realShell: true, isTerminal: true, baseDir, atOnce: 8 },
  );

  it("says that the outcome is unknown when the server dies while a command runs", async () => {
    const folder = await makeFolder();
    await using runtime = await openChildSandbox(folder, signal);
    const run = runtime.terminal.run(
      { type: "command", command: `kill -9 ${runtime.pid}; sleep 30`, noChangeTimeoutMs: 10_000 },
      { signal },
    );
    await assert.rejects(run, { name: "RuntimeError", code: "unreachable" });
    await assert.rejects(runtime.files.stat(folder, signal), { code: "closed" });
  });

  it("takes many large files at once, refuses one that is too large, and can be used after it", async () => {
    const folder = await makeFolder();
    await using runtime = await openChildSandbox(folder, signal);
    const write = (name: string, sizeBytes: number): Promise<FileStat> =>
      runtime.files.write(path.join(folder, name), Buffer.alloc(sizeBytes), { expected: "absent", signal });
    const small = Array.from({ length: 120 }, (_, index) => write(`small${index}`, 10_000));
    const large = Array.from({ length: 4 }, (_, index) => write(`large${index}`, 9_000_000));
    const sizes = (await Promise.all([...small, ...large])).map(({ sizeBytes }) => sizeBytes);
    assert.deepEqual(sizes, [...small.map(() => 10_000), ...large.map(() => 9_000_000)]);
    await assert.rejects(write("huge", 101 * 1024 * 1024), { name: "RuntimeError", code: "too-large" });
    assert.equal((await runtime.files.list(folder, signal)).length, 124);
  });

  it("keeps its memory bounded while a watcher takes a flood slowly, or not at all", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = await makeFolder();
    await using runtime = await openChildSandbox(folder, signal);
    const megabytes = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${runtime.pid}/status`, "utf8"))?.[1]) / 1000;
    const flood = (bytes: number, onOutput: OutputListener): Promise<TerminalResult> =>
      runtime.terminal.run(
        { type: "command", command: `head -c ${bytes} /dev/zero | tr '\\0' x | fold -w 99`, timeoutMs: 60_000, noChangeTimeoutMs: 1 },
        { signal, onOutput },
      );
    await flood(1_000_000, () => undefined);
    const before = megabytes();
    const { outcome } = await flood(4_000_000, () => new Promise((resolve) => void setTimeout(resolve, 2)));
    assert.deepEqual(outcome, { type: "completed", exitCode: 0 });
    const stuck = Promise.withResolvers<void>();
    const ended = flood(50_000_000, () => stuck.promise);
    await until("the flood to come over there", async () => {
      const full = await runtime.files.list(runtime.info.outputDir ?? "", signal);
      return full.length >= 3;
    });
    stuck.resolve();
    assert.deepEqual((await ended).outcome, { type: "completed", exitCode: 0 });
    assert.ok(megabytes() - before < 64, `${megabytes() - before} MB`);
  }).timeout(60_000);

  it("ends what it runs when it hears a hang-up", async () => {
    const folder = await makeFolder();
    await using runtime = await openChildSandbox(folder, signal);
    const command = `trap '' HUP INT TERM; echo $BASHPID; kill -HUP ${runtime.pid}; sleep 30`;
    const shown = Promise.withResolvers<number>();
    const onOutput = (text: string): void => shown.resolve(Number.parseInt(text, 10));
    await runtime.terminal.run({ type: "command", command, noChangeTimeoutMs: 10_000 }, { signal, onOutput }).catch(() => undefined);
    const pid = await shown.promise;
    await until("its end", () => Promise.resolve(existsSync(`/proc/${pid}`) ? undefined : true));
  });

  it("writes and reads five hundred files one after the other without losing an answer", async () => {
    const folder = await makeFolder();
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
