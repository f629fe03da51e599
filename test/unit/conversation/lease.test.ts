import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { takeLease } from "../../../src/conversation/lease.ts";
import { smallDisk } from "../../support/workspaces.ts";

const fixture = path.join(import.meta.dirname, "fixtures", "holdLease.ts");

describe("the lease of a conversation", () => {
  let folder = "";
  let lease = "";
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-lease-"));
    lease = path.join(folder, "lease.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Another process that has the lease. */
  async function holder(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [fixture, lease], { stdio: ["pipe", "pipe", "inherit"] });
    assert.ok(child.stdout);
    await once(child.stdout, "data");
    return child;
  }

  it("is given back, and leaves no file", async () => {
    const held = await takeLease(lease);
    assert.deepEqual(await readdir(folder), ["lease.json"]);
    await held[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });

  it("leaves nothing behind when the disk is full", async function () {
    await using disk = await smallDisk();
    if (disk === undefined) return this.skip();
    disk.fill();
    await assert.rejects(takeLease(path.join(disk.path, "lease.json")), { code: "ENOSPC" });
    assert.deepEqual(await readdir(disk.path), ["filler"]);
  });

  it("is refused with a sentence while another process lives that has it", async () => {
    const child = await holder();
    await assert.rejects(takeLease(lease, { patienceMs: 50 }), { code: "in-use", message: /open in another window or process/ });
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.deepEqual(await readdir(folder), ["lease.json"]);
  });

  it("is waited for when its owner is about to end", async () => {
    const child = await holder();
    const taken = takeLease(lease, { patienceMs: 4_000 });
    child.stdin?.end();
    await once(child, "exit");
    await (await taken)[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });

  it("is taken over from a process that was killed, and from one whose pid now is another's", async () => {
    const child = await holder();
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await takeLease(lease))[Symbol.asyncDispose]();
    await writeFile(lease, JSON.stringify({ pid: process.ppid, started: "1" }));
    await (await takeLease(lease))[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });
});
