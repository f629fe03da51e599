import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Hono } from "hono";
import type { FileStat, TerminalResult } from "../../src/protocol/runtime.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { openRemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import type { OutputListener } from "../../src/runtime/runtime.ts";
import { runtimeApp } from "../../src/server/runtimeApp.ts";
import { serveStdio } from "../../src/server/stdio.ts";
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

  it("takes thousands of short requests in a row, whose answers end after what was wanted of them", async () => {
    const folder = await makeFolder();
    await using runtime = await openChildSandbox(folder, signal);
    const look = async (): Promise<number> => (await runtime.workspace.stat(["none"], { withHash: false, signal })).size;
    const each = Array.from({ length: 20 });
    for (let round = 0; round < 100; round++) assert.deepEqual(await Promise.all(each.map(look)), each.fill(0));
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
    const flood = (command: string, onOutput: OutputListener): Promise<TerminalResult> =>
      runtime.terminal.run({ type: "command", command, timeoutMs: 60_000, noChangeTimeoutMs: 1 }, { signal, onOutput });
    const slowly = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 2));
    const done = { type: "completed", exitCode: 0 };
    const lines = (bytes: number): string => `head -c ${bytes} /dev/zero | tr '\\0' x | fold -w 99`;
    await flood(lines(1_000_000), () => undefined);
    const before = megabytes();
    assert.deepEqual((await flood(lines(10_000_000), slowly)).outcome, done);
    // Many small pieces, and text that is six times as long on the wire.
    assert.deepEqual((await flood("yes | head -c 5000000", slowly)).outcome, done);
    assert.deepEqual((await flood("head -c 10000000 /dev/zero", slowly)).outcome, done);
    const stuck = Promise.withResolvers<void>();
    const ended = flood(lines(50_000_000), () => stuck.promise);
    await until("the flood to come over there", async () => {
      const full = await runtime.files.list(runtime.info.outputDir ?? "", signal);
      return full.length >= 4;
    });
    stuck.resolve();
    assert.deepEqual((await ended).outcome, done);
    assert.ok(megabytes() - before < 64, `${megabytes() - before} MB`);
  });

  it("tells who watches late what has been left out, and keeps the end and what switches the terminal", async () => {
    const folder = await makeFolder();
    await using runtime = await openMachineRuntime({ workingDir: folder, wall: "test" });
    const app = runtimeApp(runtime, folder);
    const gone = new AbortController();
    const { body } = await app.request("/api/runtime/terminal/watch", { signal: gone.signal });
    const command = "printf '\\033[?1049h'; seq 1 1000000; echo the end";
    const { outcome } = await runtime.terminal.run({ type: "command", command, timeoutMs: 60_000, noChangeTimeoutMs: 1 }, { signal });
    assert.deepEqual(outcome, { type: "completed", exitCode: 0 });
    gone.abort();
    const shown = (await text(body ?? new ReadableStream()))
      .trim()
      .split("\n")
      .map((line) => String((JSON.parse(line) as { text: unknown }).text))
      .join("");
    assert.ok(shown.length < 2_000_000, `${shown.length} characters`);
    const [, switches, number = "", end] = /^([^[]*\[\?1049h)[^]*\[… (\d+) characters left out[^]*\d\r\n(the end\r\n)/.exec(shown) ?? [];
    assert.deepEqual([switches, end, Number(number) > 5_000_000], ["\x1b[?1049h", "the end\r\n", true], shown.slice(0, 200));
  });

  it("can be broken by no answer: endless lines, and what is not understood, fail that request only", async () => {
    const app = new Hono();
    app.get("/api/runtime/info", (c) =>
      c.json({ kind: "machine", wall: "", isSandboxed: true, workingDir: "/", platform: "", shell: null, outputDir: null }),
    );
    const answers: Record<string, string> = {
      endless: "x".repeat(17_000_000),
      words: "hello\n",
      otherShape: '{"type":"result"}\n',
      nothing: "",
    };
    app.post("/api/runtime/terminal/run", async (c) => c.body(answers[(await c.req.json<{ command: string }>()).command] ?? ""));
    const [up, down] = [new PassThrough(), new PassThrough()];
    const serving = serveStdio(app, up, down);
    await using runtime = await openRemoteRuntime({ stream: Duplex.from({ readable: down, writable: up }), signal });
    for (const command of Object.keys(answers)) {
      const run = runtime.terminal.run({ type: "command", command, noChangeTimeoutMs: 1 }, { signal });
      const code = { nothing: "unreachable", endless: "too-large" }[command] ?? "failed";
      await assert.rejects(run, { name: "RuntimeError", code }, command);
    }
    up.end();
    await serving;
  });

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
