import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import path from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { MachineFiles } from "../../../src/runtime/machine/machineFiles.ts";
import { openRemoteRuntime } from "../../../src/runtime/remote/remoteRuntime.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { Base, sha256Of } from "../../../src/runtime/workspaceCopy/base.ts";
import { openReview } from "../../../src/runtime/workspaceCopy/openReview.ts";
import { tempFolder } from "../../support/workspaces.ts";

const { signal } = new AbortController();

type Lie = (request: Http2ServerRequest, response: Http2ServerResponse, body: string) => void;

const info = { kind: "machine", wall: "x", isSandboxed: true, workingDir: "/workspace", platform: "linux", shell: "sh", outputDir: null };

/** A review whose sandbox answers as `lie` says. */
async function hostileReview(folder: string, lie: Lie, copied: Readonly<Record<string, string>> = {}) {
  const state = await tempFolder();
  const base = await Base.create(path.join(state.path, "base"));
  for (const [name, content] of Object.entries(copied))
    await base.set(
      { path: name, type: "file", sizeBytes: content.length, mode: 0o644, version: "0", sha256: sha256Of(content) },
      Buffer.from(content),
    );
  await base.save({ secrets: [], notes: [] });
  await base[Symbol.asyncDispose]();
  const [ours, theirs] = duplexPair();
  const server = createServer();
  server.on("request", (request, response) => {
    response.on("error", () => undefined);
    const parts: string[] = [];
    request.setEncoding("utf8");
    request.on("data", (part: string) => parts.push(part));
    request.on("end", () => {
      if (request.url === "/api/runtime/info") response.end(JSON.stringify(info));
      else lie(request, response, parts.join(""));
    });
  });
  server.on("sessionError", () => undefined);
  server.emit("connection", theirs satisfies Duplex);
  const runtime = await openRemoteRuntime({ stream: ours, signal });
  const folders = [{ host: folder, sandbox: "/workspace" }];
  const review = await openReview({
    base: path.join(state.path, "base"),
    folders,
    workspace: runtime.workspace,
    hostFiles: new MachineFiles(),
  });
  return {
    review,
    async [Symbol.asyncDispose]() {
      await review[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
      theirs.destroy();
      await state[Symbol.asyncDispose]();
    },
  };
}

const entry = (name: string, more: object = {}): object => ({
  path: name,
  type: "file",
  sizeBytes: 6,
  mode: 0o777,
  version: "1",
  sha256: sha256Of("canary"),
  isBinary: false,
  ...more,
});

/** Tells of these files, whatever it is asked, with the same content for all. */
function telling(entries: readonly object[], content = "canary"): Lie {
  return (request, response) => {
    if (request.url?.endsWith("/read") === true) response.end(content);
    else response.end([...entries, { type: "end", isWhole: true }].map((line) => `${JSON.stringify(line)}\n`).join(""));
  };
}

describe("A sandbox that lies", () => {
  it("brings nothing to places that it may not write", async () => {
    await using outside = await tempFolder({ "victim.txt": "mine" });
    await using own = await tempFolder({ "project/a.txt": "a", "beside/b.txt": "b", "project-secrets/s.txt": "s" });
    const project = path.join(own.path, "project");
    await mkdir(path.join(project, ".git"));
    await symlink(outside.path, path.join(project, "linked"));
    const names = [
      "../beside/canary",
      "../project-secrets/canary",
      "a/../../beside/canary",
      "/etc/openhands-canary",
      `${outside.path}/canary`,
      "linked/canary",
      "linked/victim.txt",
      ".git/hooks/post-checkout",
      ".git/config",
      ".git/commondir",
      ".git/info/attributes",
      ".git",
      "sub/.git",
      "sub/.git/config",
      ".GIT/config",
      ".g\u200dit/config",
      "git~1/config",
      "a.txt/below",
      "x\0y",
      "file:///etc/canary",
      "C:\\canary",
      "con",
      "n".repeat(300),
      `${"d/".repeat(2_030)}c`,
    ];
    const links = [
      entry("l1", { type: "symlink", target: "/etc/passwd" }),
      entry("l2", { type: "symlink", target: "../beside/b.txt" }),
      entry("l3", { type: "symlink", target: "linked/victim.txt" }),
      entry("l4", { type: "symlink", target: ".git/hooks" }),
      entry("l5", { type: "symlink", target: "d/../../beside" }),
      entry("l6", { type: "symlink", target: "" }),
      entry("l7", { type: "symlink" }),
    ];
    await using at = await hostileReview(project, telling([...names.map((name) => entry(name)), ...links, entry("good.txt")]));
    const { changes } = await at.review.list(signal);
    assert.deepEqual(
      changes.filter(({ standing }) => standing !== "refused").map((one) => one.path),
      ["good.txt"],
    );
    const done = await at.review.apply(
      changes.map((one) => one.path),
      signal,
    );
    assert.deepEqual(
      done.filter(({ outcome }) => outcome !== "refused"),
      [{ path: "good.txt", outcome: "applied" }],
    );
    assert.deepEqual((await readdir(project)).toSorted(), [".git", "a.txt", "good.txt", "linked"]);
    assert.deepEqual(await readdir(path.join(project, ".git")), []);
    assert.deepEqual(await readdir(outside.path), ["victim.txt"]);
    assert.equal(await readFile(path.join(outside.path, "victim.txt"), "utf8"), "mine");
    assert.deepEqual((await readdir(path.join(own.path, "beside"))).toSorted(), ["b.txt"]);
    assert.equal(existsSync("/etc/openhands-canary"), false);
  });

  it("gets what runs later only where a person names it", async () => {
    await using own = await tempFolder();
    const names = [
      ".vscode/tasks.json",
      ".github/workflows/x.yml",
      ".husky/pre-commit",
      ".VSCODE/tasks.json",
      "AGENTS.md",
      ".envrc",
      "git",
      "node",
    ];
    await using at = await hostileReview(own.path, telling(names.map((name) => entry(name))));
    const done = await at.review.apply("all", signal);
    assert.deepEqual([...new Set(done.map(({ outcome }) => outcome))], ["refused"]);
    assert.deepEqual(await readdir(own.path), []);
  });

  it("deletes nothing for the most part because files are not told of: who wants that, names them", async () => {
    for (const count of [3, 20]) {
      const files = Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}.txt`, `mine ${index}`]));
      await using own = await tempFolder(files);
      await using at = await hostileReview(own.path, telling([entry("good.txt")]), files);
      const done = await at.review.apply("all", signal);
      assert.deepEqual(
        done.filter(({ outcome }) => outcome === "applied"),
        [{ path: "good.txt", outcome: "applied" }],
      );
      assert.match(done[0]?.reason ?? "", new RegExp(`lacks ${count} of the ${count} files`));
      assert.equal((await readdir(own.path)).length, count + 1);
      assert.deepEqual(await at.review.apply(["f1.txt"], signal), [{ path: "f1.txt", outcome: "applied" }]);
    }
  });

  it("does not bring with all what is not listed", async () => {
    await using own = await tempFolder();
    const names = Array.from({ length: 2_010 }, (_, index) => `${index}.txt`.padStart(9, "0"));
    await using at = await hostileReview(own.path, telling(names.map((name) => entry(name))));
    const { changes, more } = await at.review.list(signal);
    assert.deepEqual([changes.length, more], [2_000, 10]);
    assert.equal((await at.review.apply("all", signal)).length, 2_000);
    assert.equal((await readdir(own.path)).length, 2_000);
  });

  it("cannot show one content and bring another", async () => {
    await using own = await tempFolder();
    let content = "harmless";
    let claimed = content;
    await using at = await hostileReview(own.path, (request, response, body) =>
      telling([entry("new.txt", { sha256: sha256Of(claimed) })], content)(request, response, body),
    );
    assert.equal(Buffer.from((await at.review.read("new.txt", "result", signal)) ?? []).toString(), "harmless");
    content = "harmful";
    assert.match((await at.review.apply("all", signal))[0]?.reason ?? "", /is not what the sandbox says that it is/);
    claimed = content;
    assert.match((await at.review.apply("all", signal))[0]?.reason ?? "", /has changed in the sandbox since it was shown/);
    assert.deepEqual(await readdir(own.path), []);
    assert.equal(Buffer.from((await at.review.read("new.txt", "result", signal)) ?? []).toString(), "harmful");
    assert.deepEqual(await at.review.apply("all", signal), [{ path: "new.txt", outcome: "applied" }]);
  });

  it("fails by itself when it floods, stays silent about its end, or talks nonsense", async () => {
    await using own = await tempFolder({ "a.txt": "a" });
    const endless =
      (part: string): Lie =>
      (_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(part));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      };
    const line = `${JSON.stringify(entry("a"))}\n`;
    let number = 0;
    const lies: Readonly<Record<string, Lie>> = {
      "a line without an end": endless("x".repeat(65_536)),
      "no end": (_request, response) => void response.end(line),
      "no JSON": (_request, response) => void response.end("{\n"),
      "another shape": (_request, response) => void response.end(`${JSON.stringify({ path: 5 })}\n`),
      "a deep bomb": (_request, response) => void response.end(`${"[".repeat(1_000_000)}\n`),
      "a negative size": (_request, response) => void response.end(`${JSON.stringify(entry("a", { sizeBytes: -1 }))}\n`),
      "the same file again and again": endless(line),
      "names and links as long as can be": (_request, response) => {
        const more = (): void => {
          const some = Array.from({ length: 50 }, () =>
            entry(`${number++}`.padStart(4_000, "d"), { type: "symlink", target: "t".repeat(4_096) }),
          );
          const lines = some.map((one) => `${JSON.stringify(one)}\n`).join("");
          if (!response.destroyed && response.write(lines)) setImmediate(more);
          else if (!response.destroyed) response.once("drain", more);
        };
        more();
      },
      "more files than can be": (_request, response) => {
        const more = (): void => {
          const some = Array.from({ length: 1_000 }, () => `${JSON.stringify({ ...entry(`f${number++}`), sha256: undefined })}\n`).join("");
          if (!response.destroyed && response.write(some)) setImmediate(more);
          else if (!response.destroyed) response.once("drain", more);
        };
        more();
      },
    };
    const before = process.memoryUsage().rss;
    for (const [name, lie] of Object.entries(lies)) {
      await using at = await hostileReview(own.path, lie);
      await assert.rejects(at.review.list(signal), RuntimeError, name);
    }
    assert.ok(process.memoryUsage().rss - before < 800 * 1024 * 1024);
    // A file that is larger than it was said to be.
    await using at = await hostileReview(own.path, (request, response, body) => {
      if (request.url?.endsWith("/read") === true) endless("x".repeat(65_536))(request, response, body);
      else telling([entry("huge.txt")])(request, response, body);
    });
    const [huge] = await at.review.apply("all", signal);
    assert.equal(huge?.outcome, "refused");
    assert.deepEqual(await readdir(own.path), ["a.txt"]);
  });
});
