import { deepEqual, equal } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../../support/command.ts";
import { startHeadless } from "../../support/headlessServer.ts";
import { serverExamples } from "../../support/readme.ts";
import { tempFolder } from "../../support/workspaces.ts";

describe("the README of sandbox-server", () => {
  it("has requests that work as they stand", async () => {
    const [, requests = "", git = ""] = await serverExamples();
    await using folder = await tempFolder();
    await using elsewhere = await tempFolder();
    await runCommand("git", ["init", "--quiet", folder.path]);
    await using server = await startHeadless({ workspace: folder.path });
    const env = { ...process.env, URL: server.url, WORKSPACE: folder.path, SESSION_API_KEY: server.key };
    const shell = `set -euo pipefail\n${requests}\n${git}`.replaceAll("curl ", "echo; curl ");
    const output = await runCommand("bash", ["-c", shell], { cwd: elsewhere.path, env });
    const answers = output.split("\n").flatMap((line) => (line.startsWith("{") || line.startsWith("[") ? [JSON.parse(line)] : []));
    const [health, listed, started, , uploaded] = answers;
    deepEqual([health, listed.stdout, started.kind, uploaded], [{ status: "ok" }, "hello.txt\n", "BashCommand", { success: true }]);
    equal(await readFile(path.join(elsewhere.path, "download.txt"), "utf8"), "some text\n");
    const result = answers.find(({ type }) => type === "result");
    equal(result.result.output.trim(), path.join(folder.path, "notes"));
    const [found, changes, diff, commits] = answers.slice(-4);
    deepEqual(
      found.files.map((file: { path: string }) => file.path),
      [path.join(folder.path, "notes/upload.txt")],
    );
    deepEqual(
      changes.map((change: { path: string }) => change.path),
      ["hello.txt", "notes/upload.txt"],
    );
    deepEqual(
      [diff, commits],
      [
        { modified: "hello", original: null },
        { commits: [], has_more: false },
      ],
    );
  });
});
