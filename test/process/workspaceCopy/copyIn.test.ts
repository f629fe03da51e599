import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, truncateSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { mapFolders } from "../../../src/protocol/sandbox.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { Base } from "../../../src/runtime/workspaceCopy/base.ts";
import { copyIn } from "../../../src/runtime/workspaceCopy/copyIn.ts";
import { copiedWorkspace } from "../../support/copiedWorkspace.ts";

const { signal } = new AbortController();

const places = (files: Readonly<Record<string, string | Uint8Array>>) => copiedWorkspace(files, signal);

/** Everything below it; links are not followed. */
const tree = async (folder: string): Promise<string[]> =>
  execFileSync("find", [".", "-mindepth", "1", "-printf", "%P\\n"], { cwd: folder, encoding: "utf8" }).split("\n").slice(0, -1).toSorted();

describe("A workspace's copy", () => {
  it("has files, empty folders, links, modes and times, and neither what git ignores nor secrets", async () => {
    await using at = await places({
      ".gitignore": "*.log\n/build/\n!kept.log\n",
      ".git/info/exclude": "private\n",
      ".env": "KEY=1",
      ".env.example": "KEY=",
      "keys/id_rsa": "secret",
      "src/.gitignore": "gen/\n",
      "src/a.ts": "a\n",
      "src/b.ts": "b\r\nb",
      "src/gen/x.ts": "x",
      "src/build/y.ts": "y",
      "build/out.js": "out",
      "a.log": "log",
      "kept.log": "log",
      private: "p",
      "node_modules/x/index.js": "x",
      "bin/tool": "#!/bin/sh\n",
      "data.bin": new Uint8Array([0, 1, 2, 255]),
    });
    await mkdir(path.join(at.own, "empty"));
    await chmod(path.join(at.own, "bin/tool"), 0o755);
    await symlink("src/a.ts", path.join(at.own, "link"));
    await symlink("/etc/passwd", path.join(at.own, "outer"));
    await symlink("src", path.join(at.own, "folderLink"));
    execFileSync("/usr/bin/mkfifo", [path.join(at.own, "pipe")]);
    await utimes(path.join(at.own, "src/a.ts"), 1_000_000, 1_000_000);
    const told: number[][] = [];
    const leftOut = await at.copy({ onProgress: (...bytes) => told.push(bytes) });
    assert.deepEqual(await tree(at.inside), [
      ".env.example",
      ".git",
      ".git/info",
      ".git/info/exclude",
      ".gitignore",
      "bin",
      "bin/tool",
      "data.bin",
      "empty",
      "folderLink",
      "kept.log",
      "keys",
      "link",
      "outer",
      "src",
      "src/.gitignore",
      "src/a.ts",
      "src/b.ts",
      "src/build",
      "src/build/y.ts",
    ]);
    assert.deepEqual(leftOut.secrets.toSorted(), [".env", "keys/id_rsa"]);
    assert.deepEqual(leftOut.notes, [
      "What git ignores and node_modules were not copied.",
      "pipe is no file but a socket, pipe or device.",
    ]);
    assert.equal(await readFile(path.join(at.inside, "src/b.ts"), "utf8"), "b\r\nb");
    assert.equal((await lstat(path.join(at.inside, "bin/tool"))).mode & 0o777, 0o755);
    assert.equal((await lstat(path.join(at.inside, "src/a.ts"))).mtimeMs, 1_000_000_000);
    assert.equal(await readlink(path.join(at.inside, "link")), "src/a.ts");
    assert.equal(await readlink(path.join(at.inside, "outer")), "/etc/passwd");
    assert.equal(told.at(-1)?.[0], told.at(-1)?.[1]);
    await using base = await Base.open(at.base);
    assert.ok(base !== undefined);
    assert.deepEqual(base.leftOut, leftOut);
    const entry = base.entries.get("src/b.ts");
    assert.ok(entry !== undefined);
    assert.equal(new TextDecoder().decode(await base.content(entry)), "b\r\nb");
    assert.equal(base.entries.get("data.bin")?.packedAt, undefined);
    const scanned = await at.sandbox.workspace.scan(signal);
    assert.deepEqual([...scanned.entries.keys()].toSorted(), [...base.entries.keys()].toSorted());
  });

  it("has a git repository without credentials that works, and what git tracks although it ignores it", async () => {
    await using at = await places({ "a.txt": "a\n", "dist/out.js": "out\n", "dist/other.js": "other\n" });
    const git = (folder: string, ...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*", ...args], {
        cwd: folder,
        encoding: "utf8",
      });
    git(at.own, "init", "-q");
    git(at.own, "add", "a.txt", "dist/out.js");
    git(at.own, "commit", "-qm", "first");
    await writeFile(path.join(at.own, ".gitignore"), "dist/\n");
    git(at.own, "remote", "add", "origin", "https://me:pa55word@example.com/x.git");
    git(at.own, "config", "http.https://example.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0");
    git(at.own, "config", "credential.helper", "store --file .git/git-credentials");
    await writeFile(path.join(at.own, ".git", "git-credentials"), "https://me:pa55word@example.com\n");
    await writeFile(path.join(at.own, ".git", "index.lock"), "");
    await at.copy();
    assert.equal(git(at.inside, "status", "--porcelain"), "?? .gitignore\n");
    assert.equal(git(at.inside, "log", "--format=%s"), "first\n");
    assert.equal(git(at.inside, "remote", "get-url", "origin"), "https://example.com/x.git\n");
    const config = await readFile(path.join(at.inside, ".git", "config"), "utf8");
    assert.doesNotMatch(config, /pa55word|c2VjcmV0|helper/);
    assert.equal(existsSync(path.join(at.inside, ".git", "git-credentials")), false);
    assert.equal(existsSync(path.join(at.inside, "dist", "other.js")), false);
  });

  it("tells of a repository that it cannot have", async () => {
    await using at = await places({ "wt/.git": "gitdir: /somewhere/else/.git/worktrees/wt\n", "wt/a.txt": "a" });
    const { notes } = await at.copy();
    assert.deepEqual(notes, ["wt/.git leads to a git repository outside of the workspace: git commands do not work there."]);
    assert.deepEqual(await tree(at.inside), ["wt", "wt/a.txt"]);
  });

  it("of several folders lies side by side", async () => {
    await using at = await places({ "a/x.txt": "1", "b/x.txt": "2" });
    const folders = mapFolders([path.join(at.own, "a"), path.join(at.own, "b")]);
    await copyIn({ folders, workspace: at.sandbox.workspace, base: at.base, signal });
    assert.deepEqual(await tree(at.inside), ["a", "a/x.txt", "b", "b/x.txt"]);
  });

  it("is whole when a large file grows, shrinks or is rewritten meanwhile", async () => {
    const size = 8 * 1024 * 1024;
    await using at = await places({ "a-grows": Buffer.alloc(size, "g"), "b-shrinks": Buffer.alloc(size, "s"), "z.txt": "last" });
    let isChanged = false;
    await at.copy({
      onProgress: () => {
        if (isChanged) return;
        isChanged = true;
        for (const name of ["a-grows", "b-shrinks"]) truncateSync(path.join(at.own, name), name === "a-grows" ? size * 2 : 1000);
      },
    });
    assert.equal(await readFile(path.join(at.inside, "z.txt"), "utf8"), "last");
    assert.deepEqual(
      [(await lstat(path.join(at.inside, "a-grows"))).size, (await lstat(path.join(at.inside, "b-shrinks"))).size],
      [size, size],
    );
    await using base = await Base.open(at.base);
    const found = await at.sandbox.workspace.stat(["a-grows", "b-shrinks"], { withHash: true, signal });
    for (const [name, entry] of found) assert.equal(entry.sha256, base?.entries.get(name)?.sha256);
  });

  it("that is cancelled leaves no base", async () => {
    await using at = await places({ "a.bin": Buffer.alloc(30_000_000, "x"), "b.bin": Buffer.alloc(30_000_000, "y") });
    const cancel = new AbortController();
    const copying = at.copy({ signal: cancel.signal, onProgress: () => cancel.abort(new Error("enough")) });
    await assert.rejects(copying, /enough/);
    assert.equal(await Base.open(at.base), undefined);
    assert.deepEqual(await readdir(at.base), []);
    // The sandbox serves on.
    assert.ok((await at.sandbox.workspace.scan(signal)).isWhole);
  });

  it("is refused by the sandbox when a name leaves the workspace or goes through a link", async () => {
    await using at = await places({});
    await symlink("/tmp", path.join(at.inside, "away"));
    for (const name of ["../x", "/x", "a/../../x", "away/x", "n".repeat(300)]) {
      const tar = pack();
      tar.entry({ name, type: "file" }, "x");
      tar.finalize();
      await assert.rejects(at.sandbox.workspace.unpack(Readable.from(tar), signal), RuntimeError, name);
    }
    assert.deepEqual(await tree(at.inside), ["away"]);
    for (const asked of ["../x", "/etc/passwd"])
      await assert.rejects(at.sandbox.workspace.read(asked, { maxBytes: 10_000, signal }), RuntimeError);
    await assert.rejects(at.sandbox.workspace.read("away/x", { maxBytes: 10, signal }), RuntimeError);
  });
});
