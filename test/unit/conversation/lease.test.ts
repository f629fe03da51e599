import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type LeaseTimes, LeaseWatch, takeLease, takeOverLease } from "../../../src/conversation/lease.ts";
import { type LeaseContent, thisProcess } from "../../../src/conversation/leaseOwner.ts";
import { until } from "../../support/until.ts";
import { smallDisk, type TempFolder, tempFolder } from "../../support/workspaces.ts";

const fixture = path.join(import.meta.dirname, "fixtures", "holdLease.ts");
const quick: LeaseTimes = { silenceMs: 300, beatMs: 50, watchMs: 20 };

function zombieParent(): AsyncDisposable & { readonly child: Promise<number> } {
  const shell = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  return {
    child: once(shell.stdout, "data").then(([data]) => Number(String(data))),
    [Symbol.asyncDispose]: async () => {
      shell.kill("SIGKILL");
      await once(shell, "exit");
    },
  };
}

/** The fields of the kernel's line about a process, from its state on. */
async function statOf(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

describe("the lease of a conversation", () => {
  let temp: TempFolder;
  let folder = "";
  beforeEach(async () => {
    temp = await tempFolder();
    folder = temp.path;
  });
  afterEach(() => temp[Symbol.asyncDispose]());

  /** Another process that has the lease. */
  async function holder(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [fixture, folder], { stdio: ["pipe", "pipe", "inherit"] });
    assert.ok(child.stdout);
    await once(child.stdout, "data");
    return child;
  }

  async function killed(child: ChildProcess): Promise<void> {
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** A lease as an owner of somewhere else left it. */
  async function heldBy(owner: Partial<LeaseContent["owner"]>, beat = "0000000000"): Promise<void> {
    const content: LeaseContent = { state: "held", beat, owner: { ...(await thisProcess()), ...owner } };
    await writeFile(path.join(folder, "lease-7.json"), JSON.stringify(content));
  }

  it("is given back, and the next owner has the next generation", async () => {
    const first = await takeLease(folder);
    assert.ok(first.isHeld());
    await first[Symbol.asyncDispose]();
    await using second = await takeLease(folder, 0);
    await second.settle();
    assert.deepEqual([first.generation, second.generation, second.mayHaveWriter], [1, 2, false]);
    assert.deepEqual(await readdir(folder), ["lease-2.json"]);
  });

  it("leaves nothing behind when the disk is full, and is given back on a full disk", async function () {
    await using disk = await smallDisk();
    if (disk === undefined) return this.skip();
    const below = path.join(disk.path, "conversation");
    await mkdir(below);
    const lease = await takeLease(below);
    disk.fill();
    await assert.rejects(takeOverLease(below), { code: "ENOSPC" });
    await lease[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(below), ["lease-1.json"]);
    assert.equal(JSON.parse(await readFile(path.join(below, "lease-1.json"), "utf8")).state, "free");
  });

  it("§10.37 is refused with a sentence while another process lives that has it, however its clock is", async () => {
    const child = await holder();
    await assert.rejects(takeLease(folder, 50, { ...quick, silenceMs: 1 }), {
      code: "in-use",
      message: /open in another window or program/,
    });
    await killed(child);
  });

  it("is waited for when its owner is about to end", async () => {
    const child = await holder();
    const taken = takeLease(folder, 10_000);
    child.stdin?.end();
    await once(child, "exit");
    await (await taken)[Symbol.asyncDispose]();
  });

  it("§10.37 is free at once when its owner was killed, when its pid is another's now, and when the machine was started anew", async () => {
    await killed(await holder());
    const after = await takeLease(folder, 0);
    assert.deepEqual([after.generation, after.mayHaveWriter], [2, false]);
    await after[Symbol.asyncDispose]();
    const free = async () => (await new LeaseWatch(folder).look()).isFree;
    await heldBy({ pid: process.ppid, started: "1" });
    assert.ok(await free());
    await heldBy({ machine: "m", boot: "before" });
    assert.equal(await free(), false);
    const { machine } = await thisProcess();
    if (machine === "") return;
    await heldBy({ boot: "before" });
    assert.ok(await free());
  });

  it("§10.37 is free at once when its owner has ended and its parent has not asked for how", async function () {
    if (process.platform !== "linux") return this.skip();
    // The shell becomes another program, which knows nothing of its child.
    await using parent = zombieParent();
    const pid = await parent.child;
    const started = (await statOf(pid))[19] ?? "";
    await until("the end of the child", async () => (await statOf(pid))[0] === "Z");
    await heldBy({ pid, started });
    assert.ok((await new LeaseWatch(folder).look()).isFree);
  });

  it("of an owner on another machine is free when it has been silent for so long, and not as long as it is heard of", async () => {
    await heldBy({ machine: "elsewhere", boot: "b", space: "s" });
    const watch = new LeaseWatch(folder, { ...quick, silenceMs: 60_000 });
    await watch.look();
    for (let beat = 1; beat < 4; beat++) {
      await heldBy({ machine: "elsewhere", boot: "b", space: "s" }, String(beat));
      assert.equal((await watch.look()).isFree, false);
    }
    await assert.rejects(takeLease(folder, 0, quick), { code: "in-use" });
    await using lease = await takeLease(folder, 10_000, quick);
    assert.deepEqual([lease.generation, lease.mayHaveWriter], [8, true]);
  });

  it("that is a spoilt file is free when it does not change", async () => {
    await writeFile(path.join(folder, "lease-3.json"), "{");
    await using lease = await takeLease(folder, 10_000, quick);
    assert.equal(lease.generation, 4);
  });

  it("is heard of again and again", async () => {
    await using _lease = await takeLease(folder, 0, quick);
    const file = path.join(folder, "lease-1.json");
    const before = await readFile(file, "utf8");
    let after = before;
    while (after === before) after = await readFile(file, "utf8");
    assert.equal(after.length, before.length);
  });

  it("that is taken over is held no more at that moment, and its owner hears of it", async () => {
    const first = await takeLease(folder, 0, quick);
    await using second = await takeOverLease(folder, quick);
    assert.deepEqual([first.isHeld(), second.isHeld(), second.mayHaveWriter], [false, true, true]);
    if (!first.lost.aborted) await once(first.lost, "abort");
    assert.equal(first.lost.reason.code, "lost");
    await first[Symbol.asyncDispose]();
    await second.settle();
    assert.deepEqual([first.isHeld(), second.isHeld()], [false, true]);
    assert.equal((await new LeaseWatch(folder).look()).isOurs, true, "the old owner has not given away what is not its own");
  });

  it("is not held beside a later one, also where the one between them was taken back by who was too slow", async () => {
    const first = await takeOverLease(folder);
    const second = await takeOverLease(folder);
    const third = await takeOverLease(folder);
    await rm(path.join(folder, `lease-${second.generation}.json`));
    assert.deepEqual(
      [first, second, third].map((lease) => lease.isHeld()),
      [false, false, true],
    );
    for (const lease of [first, second, third]) await lease[Symbol.asyncDispose]();
  });

  it("has one owner when many ask for it at once", async () => {
    for (let round = 0; round < 20; round++) {
      const below = path.join(folder, String(round));
      await mkdir(below);
      const asked = Array.from({ length: 8 }, () => takeOverLease(below));
      const leases = await Promise.all(asked);
      assert.equal(leases.filter((lease) => lease.isHeld()).length, 1);
      assert.equal(new Set(leases.map((lease) => lease.generation)).size, 8);
      for (const lease of leases) await lease[Symbol.asyncDispose]();
    }
  });
});
