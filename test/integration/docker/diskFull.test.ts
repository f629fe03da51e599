import { deepEqual, equal, rejects } from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "../../support/commands.ts";
import { noOwnEngine, type OwnEngine, ownEngine } from "../../support/ownEngine.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("a disk that is full", () => {
  before(function () {
    const problem = noOwnEngine();
    if (problem === undefined) return;
    console.log(`    ${problem} These tests are skipped.`);
    this.skip();
  });

  it("is said, leaves nothing half made, and costs nothing once there is space", async () => {
    await using engine = await ownEngine({ diskMegabytes: 220 });
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, dockerHost: engine.address }) });
    const { image } = engine;
    const sandbox = await all.open({ image });
    const id = all.idOf(sandbox);

    const temporary = "head -c 130m /dev/zero > /tmp/full; seq 20000 | tail -1";
    const { output } = await sandbox.terminal.run(command(temporary), { signal });
    equal(output.trim().split("\n").at(-1), "20000");
    const { omittedBytes } = await sandbox.terminal.run(command("seq 20000"), { signal });
    equal(omittedBytes > 0, true);

    await sandbox.terminal.run(command("rm /tmp/full; echo kept > file; head -c 100m /dev/zero > full"), { signal });
    const write = sandbox.files.write("/workspace/new", Buffer.alloc(1_000_000), { expected: "absent", signal });
    await rejects(write, { code: "disk-full", message: "The disk is full: /workspace/new was not written." });
    equal(await sandbox.files.stat("/workspace/new", signal), undefined);
    const changes = await sandbox.review?.list(signal);
    deepEqual(
      changes?.changes.map((change) => change.path),
      ["file", "full"],
    );
    await sandbox[Symbol.asyncDispose]();

    const whileFull = await all.open({ image }, { id });
    equal((await whileFull.terminal.run(command("cat file; rm full"), { signal })).output.trim(), "kept");
    await whileFull[Symbol.asyncDispose]();

    const before = await onEngine(engine);
    await writeFile(path.join(all.folder, "large"), Buffer.alloc(100_000_000));
    await rejects(all.open({ image }), { code: "disk-full", message: "The disk is full: /workspace was not written." });
    deepEqual(await onEngine(engine), before);
    await rm(path.join(all.folder, "large"));
    await all.open({ image });
  });

  it("of the engine lets nobody take a part of our tools for all of them", async () => {
    await using engine = await ownEngine({ diskMegabytes: 60 });
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, dockerHost: engine.address }) });
    const full =
      'The engine\'s disk is full, so the tools of sandboxes could not be brought there: free space, such as by "docker system prune", and try again.';
    await rejects(all.open({ image: engine.image }), { code: "disk-full", message: full });
    deepEqual(await onEngine(engine), []);
  });
});

async function onEngine({ docker }: OwnEngine): Promise<string[]> {
  const [containers, { Volumes: volumes }] = await Promise.all([docker.listContainers({ all: true }), docker.listVolumes()]);
  return [...containers.map(({ Id }) => Id), ...(volumes ?? []).map(({ Name }) => Name)].toSorted();
}
