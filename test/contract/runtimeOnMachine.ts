import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe } from "mocha";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { runtimeContract } from "./runtime.ts";
import type { ShellWords } from "./words/words.ts";

/** The contract on this machine, with options of it; each in a file of its own, so that mocha runs them side by side. */
export function machineContract(
  name: string,
  options: Partial<MachineOptions>,
  capabilities: { readonly isTerminal: boolean; readonly words?: ShellWords },
): void {
  if (process.platform === "win32") return;
  const baseDir = path.join(tmpdir(), `runtime-contract-${process.pid}-${name.replaceAll(" ", "-")}`);
  describe(name, () => {
    before(() => mkdirSync(baseDir));
    after(() => rmSync(baseDir, { recursive: true, force: true }));
    const open = (workingDir: string): ReturnType<typeof openMachineRuntime> => {
      mkdirSync(workingDir);
      return openMachineRuntime({ workingDir, wall: "Local · no sandbox", ...options });
    };
    runtimeContract(name, open, { ...capabilities, realShell: true, baseDir });
  });
}
