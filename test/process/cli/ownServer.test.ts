import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, it } from "mocha";
import { startPlayedModel } from "../../protocol/playedModel.ts";
import { startHeadless } from "../../support/headlessServer.ts";
import { tempFolder } from "../../support/workspaces.ts";
import { openhands } from "./openhands.ts";

describe("the command line, with our own server", function () {
  this.slow(10_000);

  it("does a task there with real tools, goes on with it, and prints it", async () => {
    await using folder = await tempFolder();
    const workspace = path.join(folder.path, "workspace");
    const home = path.join(folder.path, "home");
    await Promise.all([workspace, home].map((place) => mkdir(place)));
    await using llm = await startPlayedModel();
    await using server = await startHeadless({
      workspace,
      program: "dist/sandbox-server.js",
      args: [],
      env: { HOME: home, OH_PERSISTENCE_DIR: path.join(folder.path, "data") },
    });
    const env = { OPENHANDS_SERVER_KEY: server.key, LLM_API_KEY: "sk-test" };
    const model = ["--model", "openai/gpt-4o", "--base-url", llm.url, "--confirm", "never"];
    const done = await openhands(
      [
        "run",
        "Make it\n> terminal echo made there > made.txt\n> say It is made.",
        "--server",
        server.url,
        "--workspace",
        workspace,
        ...model,
      ],
      { env },
    );
    assert.deepEqual(done, { code: 0, stdout: "It is made.", stderr: "" });
    assert.equal(await readFile(path.join(workspace, "made.txt"), "utf8"), "made there\n");
    const list = await openhands(["list", "--server", server.url, "--json"], { env });
    const { id, execution_status, working_dir } = JSON.parse(list.stdout);
    assert.deepEqual({ execution_status, working_dir }, { execution_status: "finished", working_dir: workspace });
    const more = await openhands(["run", "Is it there?\n> say It is still there.", "--resume", id.slice(0, 8), "--server", server.url], {
      env,
    });
    assert.deepEqual(more, { code: 0, stdout: "It is still there.", stderr: "" });
    const shown = await openhands(["show", id.slice(0, 8), "--server", server.url], { env });
    for (const words of ["Make it", "echo made there", "It is made.", "Is it there?", "It is still there."])
      assert.ok(shown.stdout.includes(words), words);
  });
});
