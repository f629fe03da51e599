import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { thisProcess } from "../../../../src/conversation/leaseOwner.ts";
import { FolderLock } from "../../../../src/server/storage/folderLock.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const lockOf = async (changes: object): Promise<string> =>
  JSON.stringify({ state: "held", beat: "x", owner: { ...(await thisProcess()), ...changes } });

describe("the lock of a folder", () => {
  it("lets one at a time in, also from several places of one process, and leaves nothing", async () => {
    await using folder = await tempFolder();
    const at = join(folder.path, "new", "data");
    const locks = [new FolderLock(at), new FolderLock(at)];
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await writeFile(join(at, "file"), "x");
      inside--;
    };
    await Promise.all(Array.from({ length: 20 }, async (_, index) => locks[index % 2]?.hold(work)));
    equal(most, 1);
    deepEqual(await readdir(at), ["file"]);
  });

  it("is given back when the work fails", async () => {
    await using folder = await tempFolder();
    const lock = new FolderLock(folder.path);
    await rejects(
      lock.hold(() => Promise.reject(new Error("It failed."))),
      /It failed/,
    );
    equal(await lock.hold(async () => 7), 7);
  });

  it("is taken from an owner that has died, and from one that nobody can look at when it is silent for long", async () => {
    await using folder = await tempFolder();
    const lock = new FolderLock(folder.path, { patienceMs: 10_000, silenceMs: 50 });
    for (const left of [await lockOf({ started: "0" }), await lockOf({ machine: "another" }), "not JSON"]) {
      await writeFile(join(folder.path, ".lock"), left);
      equal(await lock.hold(async () => left), left);
      deepEqual(await readdir(folder.path), []);
    }
  });

  it("is not taken from an owner that lives: who waits is told to try again", async () => {
    await using folder = await tempFolder();
    const held = await lockOf({});
    await writeFile(join(folder.path, ".lock"), held);
    const lock = new FolderLock(folder.path, { patienceMs: 60, silenceMs: 1 });
    await rejects(
      lock.hold(async () => undefined),
      (error) => error instanceof Error && "status" in error && error.status === 503,
    );
    ok((await readdir(folder.path)).includes(".lock"));
  });
});
