import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { GitCommits } from "../../../src/protocol/agentServer/base.ts";
import { type Answered, type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

describe("git of sandbox-server", () => {
  let folder: TempFolder;
  let server: HeadlessServer;

  beforeEach(async () => {
    folder = await tempFolder({ "kept.txt": "kept\n", "changed.txt": "before\n", "gone.txt": "gone\n", "sub/in.txt": "in\n" });
    git("init", "--quiet", "--initial-branch=main");
  });
  before(async () => {
    server = await startHeadless({ workspace: "/" });
  });
  afterEach(() => folder[Symbol.asyncDispose]());
  after(() => server[Symbol.asyncDispose]());

  const inside = (name: string): string => path.join(folder.path, name);
  const git = (...args: string[]): string => {
    const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
    return execFileSync("git", ["-C", folder.path, ...who, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  const commit = (subject: string): void => {
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "-m", subject);
  };
  const ask = (route: string, query: Record<string, string>): Promise<Answered> =>
    server.ask(`/api/git/${route}?${new URLSearchParams(query)}`);
  const changes = async (query: Record<string, string> = {}): Promise<string[]> => {
    const { json } = await ask("changes", { path: folder.path, ...query });
    return json.map(({ status, path: file }: { status: string; path: string }) => `${status} ${file}`);
  };

  it("lists what has changed, also names with spaces, umlauts and line breaks, and one level of repositories within", async () => {
    commit("first");
    await writeFile(inside("changed.txt"), "after\n");
    await rm(inside("gone.txt"));
    await rename(inside("kept.txt"), inside("sub/moved.txt"));
    await writeFile(inside('Größe "x"\n.txt'), "new");
    await mkdir(inside("inner"));
    execFileSync("git", ["-C", inside("inner"), "init", "--quiet"]);
    await writeFile(inside("inner/deep.txt"), "x");
    const expected = [
      'ADDED Größe "x"\n.txt',
      "UPDATED changed.txt",
      "DELETED gone.txt",
      "ADDED inner/deep.txt",
      "DELETED kept.txt",
      "ADDED sub/moved.txt",
    ];
    deepEqual(await changes(), expected);
    deepEqual(await changes({ ref: "HEAD" }), expected);
    deepEqual(await changes({ path: inside("sub") }), ["ADDED moved.txt"]);
  });

  it("compares with what the branch began with where there is an origin, and with HEAD when that is asked for", async () => {
    commit("first");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    git("switch", "--quiet", "-c", "work");
    await writeFile(inside("changed.txt"), "after\n");
    commit("second");
    deepEqual(await changes(), ["UPDATED changed.txt"]);
    deepEqual(await changes({ ref: "HEAD" }), []);
    deepEqual(await changes({ ref: "HEAD~1" }), ["UPDATED changed.txt"]);
    for (const ref of ["nonsense", "--output=/tmp/x", "HEAD~99"])
      equal((await ask("changes", { path: folder.path, ref })).status, 400, ref);
  });

  it("works before the first commit, and answers with nothing outside a repository", async () => {
    const all = ["ADDED changed.txt", "ADDED gone.txt", "ADDED kept.txt", "ADDED sub/in.txt"];
    deepEqual(await changes(), all);
    deepEqual(await changes({ ref: "HEAD" }), all);
    deepEqual((await ask("commits", { path: folder.path })).json, { commits: [], has_more: false });
    await rm(inside(".git"), { recursive: true });
    deepEqual(await changes(), []);
    deepEqual((await ask("diff", { path: inside("kept.txt") })).json, { modified: null, original: null });
    deepEqual((await ask("commits", { path: folder.path })).json, { commits: [], has_more: false });
    deepEqual((await ask(`commits/${"0".repeat(40)}/changes`, { path: folder.path })).json, []);
    equal((await ask("changes", { path: "relative" })).status, 400);
  });

  it("gives a file now and before, without its last line break; one side is null when it has come or gone", async () => {
    commit("first");
    await writeFile(inside("changed.txt"), "after\nmore\n");
    await rm(inside("gone.txt"));
    await rm(inside("sub"), { recursive: true });
    await writeFile(inside("new.txt"), "new\n\n");
    await symlink("changed.txt", inside("link"));
    const diff = async (name: string, query: Record<string, string> = {}) => (await ask("diff", { path: inside(name), ...query })).json;
    deepEqual(await diff("changed.txt"), { modified: "after\nmore", original: "before" });
    deepEqual(await diff("changed.txt", { ref: "HEAD" }), { modified: "after\nmore", original: "before" });
    deepEqual(await diff("gone.txt"), { modified: null, original: "gone" });
    deepEqual(await diff("sub/in.txt"), { modified: null, original: "in" });
    deepEqual(await diff("new.txt"), { modified: "new\n", original: null });
    deepEqual(await diff("link"), { modified: "changed.txt", original: null });
    equal((await ask("diff", { path: inside("missing") })).status, 400);
    await writeFile(inside("large"), Buffer.alloc(1024 * 1024 + 1, "x"));
    equal((await ask("diff", { path: inside("large") })).status, 400);
    execFileSync("sh", ["-c", `mkfifo ${inside("fifo")}`]);
    equal((await ask("diff", { path: inside("fifo") })).status, 403);
    equal((await ask("diff", { path: inside("changed.txt"), ref: "HEAD", commit: "0000" })).status, 400);
    equal((await ask("diff", { path: inside("changed.txt"), commit: "xyz" })).status, 422);
  });

  it("tells of commits, the newest first, and what each has changed", async () => {
    commit("first");
    await writeFile(inside("changed.txt"), "after\n");
    await rm(inside("gone.txt"));
    commit("second: ünïcode");
    const { commits, has_more }: GitCommits = (await ask("commits", { path: folder.path })).json;
    deepEqual(
      [commits.map(({ subject, author }) => [subject, author]), has_more],
      [
        [
          ["second: ünïcode", "Ada"],
          ["first", "Ada"],
        ],
        false,
      ],
    );
    const [second, first] = commits;
    if (second === undefined) throw new Error("There is no second commit.");
    ok(second.sha.startsWith(second.short_sha) && !Number.isNaN(Date.parse(second.timestamp)));
    deepEqual((await ask("commits", { path: folder.path, limit: "1" })).json, { commits: [second], has_more: true });
    deepEqual((await ask(`commits/${second.short_sha}/changes`, { path: folder.path })).json, [
      { status: "UPDATED", path: "changed.txt" },
      { status: "DELETED", path: "gone.txt" },
    ]);
    equal((await ask(`commits/${first?.sha}/changes`, { path: folder.path })).json.length, 4);
    deepEqual((await ask("diff", { path: inside("changed.txt"), commit: second.sha })).json, { modified: "after", original: "before" });
    equal((await ask("commits/ffffffff/changes", { path: folder.path })).status, 400);
    equal((await ask("commits/HEAD/changes", { path: folder.path })).status, 422);
    equal((await ask("commits", { path: folder.path, limit: "201" })).status, 422);
  });

  it("runs nothing that the repository names: no hook, file monitor, filter, converter, signature program or remote", async () => {
    await using canary = await tempFolder();
    const script = path.join(canary.path, "run");
    await writeFile(script, `#!/bin/sh\ntouch ${canary.path}/ran-$1\ncat\n`);
    await chmod(script, 0o755);
    commit("first");
    await writeFile(inside(".gitattributes"), "*.txt filter=evil diff=evil merge=evil\n");
    await writeFile(inside(".git/info/attributes"), "* filter=Other.Name\n");
    const settings = {
      "core.fsmonitor": `${script} fsmonitor`,
      "core.hooksPath": path.join(canary.path, "hooks"),
      "core.pager": `${script} pager`,
      "core.sshCommand": `${script} ssh`,
      "filter.evil.clean": `${script} clean`,
      "filter.evil.process": `${script} process`,
      "filter.evil.required": "true",
      "filter.Other.Name.clean": `${script} other`,
      "diff.external": `${script} external`,
      "diff.evil.textconv": `${script} textconv`,
      "diff.evil.command": `${script} command`,
      "log.showSignature": "true",
      "gpg.program": `${script} gpg`,
      "remote.origin.url": `ext::${script} remote`,
      "remote.origin.promisor": "true",
      "remote.origin.partialclonefilter": "blob:none",
      "extensions.partialClone": "origin",
      "credential.helper": `!${script} credential`,
      "alias.diff": `!${script} alias`,
    };
    for (const [name, value] of Object.entries(settings)) git("config", name, value);
    await mkdir(path.join(canary.path, "hooks"));
    for (const hook of ["post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"]) {
      await writeFile(path.join(canary.path, "hooks", hook), `#!/bin/sh\ntouch ${canary.path}/ran-${hook}\n`);
      await chmod(path.join(canary.path, "hooks", hook), 0o755);
    }
    await writeFile(inside("changed.txt"), "after!\n");
    await writeFile(inside("kept.txt"), "kept\n");
    deepEqual(await changes(), ["ADDED .gitattributes", "UPDATED changed.txt"]);
    deepEqual((await ask("diff", { path: inside("changed.txt") })).json, { modified: "after!", original: "before" });
    const { json } = await ask("commits", { path: folder.path });
    await ask(`commits/${json.commits[0].sha}/changes`, { path: folder.path });
    await ask("changes", { path: folder.path, ref: "f".repeat(40) });
    deepEqual((await readdir(canary.path)).sort(), ["hooks", "run"]);
    // It would be seen if one ran.
    git("-c", "extensions.partialClone=", "status", "--short");
    ok(existsSync(path.join(canary.path, "ran-fsmonitor")) || (await readdir(canary.path)).length > 2);
  });
});
