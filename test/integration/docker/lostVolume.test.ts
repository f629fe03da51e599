import { deepEqual, equal, rejects } from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import { useEngine } from "../../support/docker.ts";
import { type TestSandboxes, testSandboxes } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("a sandbox whose volume is not the one that was filled", () => {
  const engine = useEngine();

  /** One that has ended, with a change that was not applied. */
  async function endedSandbox(all: TestSandboxes): Promise<ConversationId> {
    await writeFile(path.join(all.folder, "mine.txt"), "mine\n");
    const sandbox = await all.open();
    const id = all.idOf(sandbox);
    await sandbox.files.write("/workspace/new.txt", Buffer.from("new\n"), { expected: "absent", signal });
    await sandbox[Symbol.asyncDispose]();
    return id;
  }

  it("has no changes to review, and least of all deletions: an empty volume of the same name begins anew", async () => {
    await using all = await testSandboxes(engine);
    const id = await endedSandbox(all);
    const { Labels: labels } = await engine.docker.getVolume(`oh-${id}`).inspect();
    await engine.docker.getVolume(`oh-${id}`).remove();
    await engine.docker.createVolume({ Name: `oh-${id}`, Labels: { ...labels, created: new Date().toISOString() } });
    await rejects(all.sandboxes.review(id, signal), /^RuntimeError: No changes of this sandbox are kept\./);
    await using again = await all.open({}, { id });
    deepEqual(await again.review?.list(signal), { changes: [], more: 0 });
    deepEqual(await readdir(all.folder), ["mine.txt"]);
  });

  it("is not begun anew while its volume is on another engine", async () => {
    await using all = await testSandboxes(engine);
    const id = await endedSandbox(all);
    const file = path.join(all.stateFolder, "sandboxes", id, "sandbox.json");
    const kept = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...kept, engine: { id: "another", address: "tcp://far:2375" } }));
    const { Labels: labels } = await engine.docker.getVolume(`oh-${id}`).inspect();
    await engine.docker.getVolume(`oh-${id}`).remove();
    const elsewhere = /^RuntimeError: The workspace of this sandbox is on the engine at tcp:\/\/far:2375/;
    await rejects(all.open({}, { id }), elsewhere);
    await rejects(all.sandboxes.review(id, signal), elsewhere);
    // It is there again: what was filled is what counts, however the engine is reached.
    await engine.docker.createVolume({ Name: `oh-${id}`, Labels: labels });
    await using review = await all.sandboxes.review(id, signal);
    equal((await review.list(signal)).changes.length, 1);
  });

  it("is opened again when what was written beside its copy is not whole", async () => {
    await using all = await testSandboxes(engine);
    const id = await endedSandbox(all);
    await writeFile(path.join(all.stateFolder, "sandboxes", id, "sandbox.json"), "");
    await using again = await all.open({}, { id });
    deepEqual(
      (await again.review?.list(signal))?.changes.map((change) => change.path),
      ["new.txt"],
    );
  });
});
