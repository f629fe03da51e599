import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { newId } from "../../support/workspaces.ts";

const { signal } = new AbortController();

describe("the changes of a sandbox", () => {
  const engine = useEngine();

  it("are reviewed while it runs and afterwards, and come to the folder only when they are applied", async () => {
    await using all = await testSandboxes(engine);
    await writeFile(path.join(all.folder, "old.txt"), "old\n");
    await writeFile(path.join(all.folder, ".env"), "SECRET=1\n");
    await mkdir(path.join(all.folder, "src"));
    await writeFile(path.join(all.folder, "src", "gone.txt"), "gone\n");
    const sandbox = await all.open();
    const id = all.idOf(sandbox);
    deepEqual(sandbox.leftOut.secrets, [".env"]);
    const command =
      "echo new > new.txt; echo changed >> old.txt; rm src/gone.txt; git init -q . && git add -A && git commit -qm all 2>&1; ls -a";
    await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
    const expected = ["created new.txt", "changed old.txt", "deleted src/gone.txt"];
    const listed = async (): Promise<string[]> => {
      await using review = await all.sandboxes.review(id, signal);
      return (await review.list(signal)).changes.map(({ kind, path: name }) => `${kind} ${name}`);
    };
    deepEqual(await listed(), expected);
    await sandbox[Symbol.asyncDispose]();
    deepEqual(await listed(), expected);
    {
      await using review = await all.sandboxes.review(id, signal);
      deepEqual(await review.apply(["new.txt"], signal), [{ path: "new.txt", outcome: "applied" }]);
      await review.discard(["old.txt"], signal);
    }
    deepEqual((await readdir(all.folder)).toSorted(), [".env", "new.txt", "old.txt", "src"]);
    equal(await readFile(path.join(all.folder, "old.txt"), "utf8"), "old\n");
    const again = await all.open({}, { id });
    equal(Buffer.from((await again.files.read("/workspace/old.txt", { maxBytes: 100, signal })).bytes).toString(), "old\n");
    await again[Symbol.asyncDispose]();
    await all.sandboxes.remove(id, signal);
    await rejects(all.sandboxes.review(id, signal), /^RuntimeError: No changes of this sandbox are kept\./);
  });

  it("are told by folder where there are several", async () => {
    await using all = await testSandboxes(engine);
    const folders = ["one", "two"].map((name) => path.join(all.folder, name));
    for (const folder of folders) {
      await mkdir(folder);
      await writeFile(path.join(folder, "file"), folder);
    }
    const sandbox = await all.open({}, { folders });
    deepEqual(sandbox.info.folders, ["/workspace/one", "/workspace/two"]);
    const command = "pwd; cat file; cat ../two/file; echo changed > ../two/file";
    const { output } = await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
    equal(output.trim(), `/workspace/one\n${folders.join("")}`);
    deepEqual(
      (await sandbox.review?.list(signal))?.changes.map(({ path: name }) => name),
      ["two/file"],
    );
    await sandbox.review?.apply("all", signal);
    equal(await readFile(path.join(all.folder, "two", "file"), "utf8"), "changed\n");
  });

  it("are none when the copy was broken off, and the next one is made anew", async () => {
    await using all = await testSandboxes(engine);
    await writeFile(path.join(all.folder, "file"), "x".repeat(1_000_000));
    const id = newId();
    const stop = new AbortController();
    const onPhase = (phase: string): void => (phase.startsWith("Copying") ? stop.abort(new Error("Stopped.")) : undefined);
    await rejects(all.open({}, { id, onPhase, signal: stop.signal }), /Stopped/);
    deepEqual(await engine.docker.listContainers({ all: true, filters: { name: [`oh-${id}`] } }), []);
    await rejects(engine.docker.getVolume(`oh-${id}`).inspect(), { statusCode: 404 });
    const sandbox = await all.open({}, { id });
    deepEqual(await sandbox.review?.list(signal), { changes: [], more: 0 });
  });
});
