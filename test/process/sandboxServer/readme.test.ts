import { deepEqual, equal } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../../support/command.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { startHeadless } from "../../support/headlessServer.ts";
import { serverExamples } from "../../support/readme.ts";
import { tempFolder } from "../../support/workspaces.ts";

describe("the README of sandbox-server", () => {
  it("has requests that work as they stand", async () => {
    const { requests, git } = await serverExamples();
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

  it("has an agent in five lines that acts, and answers", async () => {
    const { requests, agent } = await serverExamples();
    await using folder = await tempFolder();
    const call = { name: "terminal", arguments: { command: "printf 'Ships come, ships go\\n' > haiku.txt" } };
    // Twice, because the title is asked for meanwhile, whichever comes first.
    const answers = [{ toolCalls: [call] }, { toolCalls: [call] }, { text: "It is in haiku.txt." }];
    await using llm = await startFakeLlm(answers, { repeatsLast: true });
    await using server = await startHeadless({ workspace: folder.path, args: ["--data", path.join(folder.path, "data")] });
    const model = { LLM_MODEL: "openai/fake", LLM_BASE_URL: llm.url, LLM_API_KEY: "a-key-of-the-model" };
    const env = { ...process.env, URL: server.url, WORKSPACE: folder.path, SESSION_API_KEY: server.key, ...model };
    const [names] = requests.split("\n\n");
    const output = await runCommand("bash", ["-c", `set -euo pipefail\n${names}\n${agent}`], { cwd: folder.path, env });
    deepEqual(JSON.parse(output.trim().split("\n").at(-1) ?? ""), { response: "It is in haiku.txt." });
    equal(await readFile(path.join(folder.path, "haiku.txt"), "utf8"), "Ships come, ships go\n");
  });
});
