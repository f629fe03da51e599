import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { TerminalResult } from "../../src/protocol/runtime.ts";
import { describeWithShell } from "../support/shells.ts";
import { until } from "../support/until.ts";
import { localRuntime, setting } from "./localRuntimes.ts";

const { signal } = new AbortController();

describe("the agent's terminal in VS Code, with the person's own shell", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), "openhands-shells-")));
  });
  afterEach(async () => {
    await until("its terminal to go", async () => vscode.window.terminals.every(({ name }) => name !== "OpenHands"));
    await rm(folder, { recursive: true, force: true });
  });

  /** Two commands of the agent, and a line that the person types between them. */
  async function tellsOfBoth(shell: string): Promise<void> {
    const before = process.env["SHELL"];
    process.env["SHELL"] = shell;
    await using runtime = await localRuntime(folder);
    if (before === undefined) delete process.env["SHELL"];
    else process.env["SHELL"] = before;
    const run = (command: string): Promise<TerminalResult> =>
      runtime.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });

    assert.equal(runtime.info.shell, shell);
    const first = await run("cd /; false");
    assert.deepEqual([first.outcome, first.output], [{ type: "completed", exitCode: 1 }, ""]);
    const terminal = vscode.window.terminals.find(({ name }) => name === "OpenHands");
    terminal?.sendText(`touch '${folder}/typed'`);
    await until("the person's line to be done", async () => existsSync(path.join(folder, "typed")));
    await until("their line to be over", async () => (await run("pwd")).output === "/\n");
  }

  for (const shell of ["bash", "zsh", "fish"])
    describeWithShell(shell, () => {
      it("runs what the agent and what the person types", () => tellsOfBoth(shell));
    });

  for (const isOn of [true, false])
    it(`does so with VS Code's shell integration ${isOn ? "on" : "off"}`, async () => {
      await using _setting = await setting("terminal.integrated.shellIntegration.enabled", isOn);
      await tellsOfBoth("bash");
    });
});
