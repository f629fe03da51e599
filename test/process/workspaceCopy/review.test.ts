import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FileChange } from "../../../src/protocol/sandbox.ts";
import { copiedWorkspace } from "../../support/copiedWorkspace.ts";

const { signal } = new AbortController();

const lines = (...changed: readonly string[]): string => ["one", "two", "three", "four", "five", ...changed].join("\n");

/** What a test is about, in one line for each. */
const shown = (changes: readonly FileChange[]): string[] =>
  changes.map(({ kind, path: at, from, standing, isProtected, isBinary, type, becomesExecutable }) =>
    [
      kind,
      from === undefined ? at : `${from} → ${at}`,
      standing,
      ...(isProtected ? ["protected"] : []),
      ...(isBinary ? ["binary"] : []),
      ...(type === "symlink" ? ["link"] : []),
      ...(becomesExecutable === undefined ? [] : [becomesExecutable ? "+x" : "-x"]),
    ].join(" "),
  );

describe("A review of a sandbox's changes", () => {
  it("lists what was created, changed, deleted and renamed, with modes, links and binary files", async () => {
    await using at = await copiedWorkspace(
      {
        "a.txt": "a\n",
        "b.txt": "b\n",
        "gone.txt": "gone\n",
        "old.txt": "the same text\n",
        "near.txt": lines("six", "seven"),
        "tool.sh": "#!/bin/sh\n",
        "data.bin": new Uint8Array([0, 1, 2]),
        "touched.txt": "t",
        ".gitignore": "out/\n",
      },
      signal,
    );
    await symlink("a.txt", path.join(at.own, "link"));
    await at.copy();
    await using review = await at.review();
    assert.deepEqual(await review.list(signal), { changes: [], more: 0 });
    const inside = (name: string): string => path.join(at.inside, name);
    await writeFile(inside("a.txt"), "A\n");
    await writeFile(inside("new/deep.txt").replace("/new/", "/new-"), "n");
    await mkdir(inside(".vscode"));
    await writeFile(inside(".vscode/tasks.json"), "{}");
    await mkdir(inside("out"));
    await writeFile(inside("out/built.js"), "x");
    await unlink(inside("gone.txt"));
    await rename(inside("old.txt"), inside("moved.txt"));
    await unlink(inside("near.txt"));
    await writeFile(inside("nearby.txt"), lines("six", "8"));
    await chmod(inside("tool.sh"), 0o755);
    await writeFile(inside("data.bin"), new Uint8Array([0, 9, 9]));
    await writeFile(inside("touched.txt"), "t");
    await unlink(inside("link"));
    await symlink("b.txt", inside("link"));
    const { changes } = await review.list(signal);
    assert.deepEqual(shown(changes), [
      "created .vscode/tasks.json clean protected",
      "changed a.txt clean",
      "changed data.bin clean binary",
      "deleted gone.txt clean",
      "changed link clean link",
      "renamed old.txt → moved.txt clean",
      "renamed near.txt → nearby.txt clean",
      "created new-deep.txt clean",
      "changed tool.sh clean +x",
    ]);
    const done = await review.apply("all", signal);
    assert.deepEqual(
      done.filter(({ outcome }) => outcome !== "applied").map(({ path: file }) => file),
      [".vscode/tasks.json"],
    );
    const own = (name: string): string => path.join(at.own, name);
    assert.equal(await readFile(own("a.txt"), "utf8"), "A\n");
    assert.equal(await readFile(own("moved.txt"), "utf8"), "the same text\n");
    assert.equal(await readFile(own("nearby.txt"), "utf8"), lines("six", "8"));
    assert.equal(await readlink(own("link")), "b.txt");
    assert.equal((await lstat(own("tool.sh"))).mode & 0o777, 0o755);
    for (const name of ["gone.txt", "old.txt", "near.txt", ".vscode", "out"]) assert.equal(existsSync(own(name)), false, name);
    assert.deepEqual(shown((await review.list(signal)).changes), ["created .vscode/tasks.json clean protected"]);
    // A host that begins anew knows the same.
    await using again = await at.review();
    assert.deepEqual(await again.apply([".vscode/tasks.json"], signal), [{ path: ".vscode/tasks.json", outcome: "applied" }]);
    assert.deepEqual(await again.list(signal), { changes: [], more: 0 });
  });

  it("never overwrites what the person has changed: it merges, or refuses", async () => {
    await using at = await copiedWorkspace(
      { "merges.txt": lines(), "conflicts.txt": "x\n", "same.txt": "s\n", "gone.txt": "g\n", "kept.txt": "k\n" },
      signal,
    );
    await at.copy();
    await using review = await at.review();
    const both = (name: string, sandbox: string, person: string): Promise<unknown> =>
      Promise.all([writeFile(path.join(at.inside, name), sandbox), writeFile(path.join(at.own, name), person)]);
    await both("merges.txt", lines("six"), lines().replace("one", "ONE"));
    await both("conflicts.txt", "sandbox\n", "person\n");
    await both("same.txt", "both\n", "both\n");
    await both("made.txt", "sandbox\n", "person\n");
    await writeFile(path.join(at.inside, "gone.txt"), "changed\n");
    await unlink(path.join(at.own, "gone.txt"));
    await unlink(path.join(at.inside, "kept.txt"));
    await writeFile(path.join(at.own, "kept.txt"), "changed\n");
    assert.deepEqual(shown((await review.list(signal)).changes), [
      "changed conflicts.txt conflicts",
      "changed gone.txt conflicts",
      "deleted kept.txt conflicts",
      "created made.txt conflicts",
      "changed merges.txt merges",
      "changed same.txt same",
    ]);
    const text = async (name: string, side: "base" | "sandbox" | "host" | "result"): Promise<string> =>
      new TextDecoder().decode(await review.read(name, side, signal));
    assert.equal(await text("merges.txt", "result"), lines("six").replace("one", "ONE"));
    assert.equal(await text("merges.txt", "base"), lines());
    assert.equal(await text("conflicts.txt", "result"), "<<<<<<< yours\nperson\n=======\nsandbox\n>>>>>>> sandbox\n");
    assert.equal(await review.read("gone.txt", "host", signal), undefined);
    const done = await review.apply("all", signal);
    assert.deepEqual(done.map(({ path: file, outcome }) => `${file} ${outcome}`).toSorted(), [
      "conflicts.txt refused",
      "gone.txt refused",
      "kept.txt refused",
      "made.txt refused",
      "merges.txt merged",
      "same.txt applied",
    ]);
    assert.equal(await readFile(path.join(at.own, "merges.txt"), "utf8"), lines("six").replace("one", "ONE"));
    assert.equal(await readFile(path.join(at.own, "conflicts.txt"), "utf8"), "person\n");
    assert.equal(await readFile(path.join(at.own, "kept.txt"), "utf8"), "changed\n");
    assert.equal(existsSync(path.join(at.own, "gone.txt")), false);
    // What was merged is no change any more, and the next change of the sandbox is one against it.
    await writeFile(path.join(at.inside, "merges.txt"), lines("six", "seven"));
    assert.deepEqual(await review.apply(["merges.txt"], signal), [{ path: "merges.txt", outcome: "merged" }]);
    assert.equal(await readFile(path.join(at.own, "merges.txt"), "utf8"), lines("six", "seven").replace("one", "ONE"));
  });

  it("discards: the sandbox has again what it had", async () => {
    await using at = await copiedWorkspace(
      { "a.txt": "a\n", "b/c.txt": "c\n", "d.txt": "delta\n", "big.bin": new Uint8Array(2_000_000) },
      signal,
    );
    await symlink("a.txt", path.join(at.own, "link"));
    await at.copy();
    await using review = await at.review();
    const inside = (name: string): string => path.join(at.inside, name);
    await writeFile(inside("a.txt"), "A\n");
    await chmod(inside("a.txt"), 0o755);
    await rm(inside("b"), { recursive: true });
    await rename(inside("d.txt"), inside("e.txt"));
    await writeFile(inside("new.txt"), "n");
    await writeFile(inside("big.bin"), "small");
    await unlink(inside("link"));
    await writeFile(inside("link"), "no link");
    const done = await review.discard("all", signal);
    assert.deepEqual([...new Set(done.map(({ outcome }) => outcome))], ["discarded"]);
    assert.deepEqual(await review.list(signal), { changes: [], more: 0 });
    assert.equal(await readFile(inside("a.txt"), "utf8"), "a\n");
    assert.equal((await lstat(inside("a.txt"))).mode & 0o111, 0);
    assert.equal(await readFile(inside("b/c.txt"), "utf8"), "c\n");
    assert.equal((await lstat(inside("big.bin"))).size, 2_000_000);
    assert.equal(await readlink(inside("link")), "a.txt");
    assert.deepEqual([existsSync(inside("new.txt")), existsSync(inside("e.txt"))], [false, false]);
  });

  it("makes room for a file where a folder was, and for a folder where a file was", async () => {
    await using at = await copiedWorkspace({ "folder/x.txt": "x\n", file: "f\n" }, signal);
    await at.copy();
    await using review = await at.review();
    await rm(path.join(at.inside, "folder"), { recursive: true });
    await writeFile(path.join(at.inside, "folder"), "a file now\n");
    await unlink(path.join(at.inside, "file"));
    await mkdir(path.join(at.inside, "file"));
    await writeFile(path.join(at.inside, "file", "y.txt"), "in a folder now\n");
    await review.apply("all", signal);
    assert.deepEqual(await review.list(signal), { changes: [], more: 0 });
    assert.equal(await readFile(path.join(at.own, "folder"), "utf8"), "a file now\n");
    assert.equal(await readFile(path.join(at.own, "file", "y.txt"), "utf8"), "in a folder now\n");
  });

  it("does not go through the person's own links, and follows none of the sandbox's out of the workspace", async () => {
    await using outside = await copiedWorkspace({ "victim.txt": "mine\n" }, signal);
    await using at = await copiedWorkspace({ "a.txt": "a\n", "d/x.txt": "x\n" }, signal);
    await at.copy();
    await using review = await at.review();
    await rm(path.join(at.own, "d"), { recursive: true });
    await symlink(outside.own, path.join(at.own, "d"));
    await symlink(outside.own, path.join(at.own, "theirs"));
    await writeFile(path.join(at.inside, "d", "victim.txt"), "overwritten\n");
    await unlink(path.join(at.inside, "a.txt"));
    await symlink(path.join(outside.own, "victim.txt"), path.join(at.inside, "a.txt"));
    for (const [name, target] of [
      ["up", "../../x"],
      ["sneaky", "d/../../x"],
      ["git", ".git/hooks"],
      ["through", "theirs/victim.txt"],
    ] as const)
      await symlink(target, path.join(at.inside, name));
    const { changes } = await review.list(signal);
    assert.deepEqual(
      changes.filter(({ standing }) => standing !== "refused").map(({ path: file }) => file),
      [],
    );
    const done = await review.apply(
      changes.map(({ path: file }) => file),
      signal,
    );
    assert.deepEqual([...new Set(done.map(({ outcome }) => outcome))], ["refused"]);
    assert.equal(await readFile(path.join(outside.own, "victim.txt"), "utf8"), "mine\n");
    assert.equal(await readFile(path.join(at.own, "a.txt"), "utf8"), "a\n");
  });
});
