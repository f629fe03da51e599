import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findOnPath } from "../../.ci/debian.mjs";
import { machineContract } from "../contract/runtimeOnMachine.ts";
import { ashWords, shWords } from "../contract/words/sh.ts";
import { describeWithShell } from "../support/shells.ts";

machineContract("machine with sh", { shell: "sh" }, { isTerminal: true, words: shWords });
machineContract("machine with sh, without a terminal", { shell: "sh", pty: "none" }, { isTerminal: false, words: shWords });

// The shell of small containers. It does what its name says.
describeWithShell("busybox", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "openhands-ash-"));
  before(() => symlinkSync(findOnPath("busybox") ?? "busybox", path.join(folder, "ash")));
  after(() => rmSync(folder, { recursive: true, force: true }));
  machineContract("machine with ash", { shell: path.join(folder, "ash") }, { isTerminal: true, words: ashWords });
});
