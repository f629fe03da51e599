import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { alone } from "../../../src/runtime/workspaceCopy/alone.ts";
import { copiedWorkspace } from "../../support/copiedWorkspace.ts";
import { tempFolder } from "../../support/workspaces.ts";

const { signal } = new AbortController();

describe("Two reviews of one sandbox", () => {
  it("know what the other has applied", async () => {
    await using at = await copiedWorkspace({ "a.txt": "a\n", "b.txt": "b\n" }, signal);
    await at.copy();
    await using one = await at.review();
    await using other = await at.review();
    for (const name of ["a.txt", "b.txt"]) await writeFile(path.join(at.inside, name), "changed\n");
    await one.apply(["a.txt"], signal);
    await other.apply(["b.txt"], signal);
    // What was applied, and then taken back by the person, is no change of the sandbox any more.
    await writeFile(path.join(at.own, "a.txt"), "a\n");
    for (const review of [one, other]) assert.deepEqual(await review.list(signal), { changes: [], more: 0 });
    const again = await other.apply(["a.txt"], signal);
    assert.deepEqual(again, [{ path: "a.txt", outcome: "refused", reason: "There is no change of it any more." }]);
    assert.equal(await readFile(path.join(at.own, "a.txt"), "utf8"), "a\n");
  });

  it("keep what the other needs to merge", async () => {
    const lines = (first: string, last: string): string => [first, "two", "three", "four", "five", "six", "seven", last, ""].join("\n");
    await using at = await copiedWorkspace({ "a.txt": lines("one", "eight"), "b.txt": "b\n" }, signal);
    await at.copy();
    await using one = await at.review();
    await using other = await at.review();
    await writeFile(path.join(at.inside, "a.txt"), lines("ONE", "eight"));
    await writeFile(path.join(at.inside, "b.txt"), "as long as the other one, or longer: ".repeat(5));
    await one.apply(["a.txt"], signal);
    await other.apply(["b.txt"], signal);
    await writeFile(path.join(at.own, "a.txt"), lines("ONE", "of mine"));
    await writeFile(path.join(at.inside, "a.txt"), lines("one again", "eight"));
    for (const review of [one, other]) {
      const { changes } = await review.list(signal);
      assert.deepEqual(
        changes.map(({ path: file, standing }) => [file, standing]),
        [["a.txt", "merges"]],
      );
    }
  });

  it("apply each change once when both apply all at the same moment", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}.txt`);
    await using at = await copiedWorkspace(Object.fromEntries(names.map((name) => [name, `${name} as it was copied\n`])), signal);
    await at.copy();
    await using one = await at.review();
    await using other = await at.review();
    await mkdir(path.join(at.inside, "moved"));
    for (const [index, name] of names.entries()) {
      const file = path.join(at.inside, name);
      if (index % 3 === 0) await rename(file, path.join(at.inside, "moved", name));
      else if (index % 3 === 1) await writeFile(file, "changed\n");
      else await unlink(file);
    }
    const done = (await Promise.all([one.apply("all", signal), other.apply("all", signal)])).flat();
    const expected = names.map((name, index) => (index % 3 === 0 ? `moved/${name}` : name)).toSorted();
    assert.deepEqual(done.map(({ path: file }) => file).toSorted(), expected);
    assert.deepEqual([...new Set(done.map(({ outcome }) => outcome))], ["applied"]);
    for (const review of [one, other]) assert.deepEqual(await review.list(signal), { changes: [], more: 0 });
    assert.equal(existsSync(path.join(at.base, "reviewing.lock")), false);
  });

  it("say that the sandbox was deleted meanwhile", async () => {
    await using at = await copiedWorkspace({ "a.txt": "a\n" }, signal);
    await at.copy();
    await using review = await at.review();
    await rm(at.base, { recursive: true });
    await assert.rejects(review.apply("all", signal), { message: "This sandbox has been deleted." });
  });
});

describe("Who acts alone", () => {
  const quick = { patience: 300, silence: 100, beat: 20 };

  it("is told when another one takes long, and does nothing", async () => {
    await using folder = await tempFolder();
    const ready = Promise.withResolvers<void>();
    const first = alone(folder.path, () => ready.promise, { signal, times: quick });
    const second = alone(folder.path, async () => assert.fail("it was done"), { signal, times: quick });
    await assert.rejects(
      second,
      /Another window or command is just applying or discarding changes of this sandbox\. Nothing was done here/,
    );
    ready.resolve();
    await first;
    assert.equal(await alone(folder.path, async () => "done", { signal, times: quick }), "done");
  });

  it("takes over from one that was killed", async () => {
    await using folder = await tempFolder({ "reviewing.lock": "" });
    const order: string[] = [];
    const each = ["a", "b", "c"].map((name) =>
      alone(
        folder.path,
        async () => {
          order.push(`${name} begins`);
          await new Promise(setImmediate);
          order.push(`${name} ends`);
        },
        { signal, times: { ...quick, patience: 10_000 } },
      ),
    );
    await Promise.all(each);
    for (const [index, word] of order.entries()) if (index % 2 === 0) assert.equal(order[index + 1], word.replace("begins", "ends"));
    assert.equal(order.length, 6);
    assert.equal(existsSync(path.join(folder.path, "reviewing.lock")), false);
  });

  it("leaves nothing behind when it is stopped while it waits", async () => {
    await using folder = await tempFolder();
    const ready = Promise.withResolvers<void>();
    const first = alone(folder.path, () => ready.promise, { signal, times: quick });
    const stop = new AbortController();
    const second = alone(folder.path, async () => assert.fail("it was done"), { signal: stop.signal, times: quick });
    stop.abort(new Error("stopped"));
    await assert.rejects(second, /stopped|aborted/);
    ready.resolve();
    await first;
    assert.equal(existsSync(path.join(folder.path, "reviewing.lock")), false);
  });
});
