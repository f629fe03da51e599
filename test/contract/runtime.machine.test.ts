import { after, before } from "mocha";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { runtimeContract } from "./runtime.ts";

if (process.platform !== "win32") {
  const baseDir = path.join(tmpdir(), `runtime-contract-${process.pid}`);
  before(() => mkdirSync(baseDir));
  after(() => rmSync(baseDir, { recursive: true, force: true }));
  const folder = (workingDir: string): string => {
    mkdirSync(workingDir, { recursive: true });
    return workingDir;
  };
  const wall = "Local · no sandbox";
  runtimeContract("machine", (workingDir) => openMachineRuntime({ workingDir: folder(`${workingDir} a`), wall }), { realShell: true, isTerminal: true, baseDir });
  runtimeContract("machine with line editing", (workingDir) => openMachineRuntime({ workingDir: folder(`${workingDir} b`), wall, lineEditing: true }), { realShell: true, isTerminal: true, baseDir });
  runtimeContract("machine without a terminal", (workingDir) => openMachineRuntime({ workingDir: folder(`${workingDir} c`), wall, pty: "none" }), { realShell: true, isTerminal: false, baseDir });
}
