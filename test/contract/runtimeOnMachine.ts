import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe } from "mocha";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { runtimeContract } from "./runtime.ts";
import type { ShellWords } from "./words/words.ts";

interface MachineCapabilities {
  readonly isTerminal: boolean;
  readonly words?: ShellWords;
  /** This machine as it is, unless told. */
  readonly openRuntime?: (options: MachineOptions) => Promise<Runtime>;
}

/** The contract on this machine, with options of it; each in a file of its own, so that mocha runs them side by side. */
export function machineContract(
  name: string,
  options: Partial<MachineOptions>,
  { openRuntime = openMachineRuntime, ...capabilities }: MachineCapabilities,
): void {
  if (process.platform === "win32") return;
  const baseDir = path.join(tmpdir(), `runtime-contract-${process.pid}-${name.replaceAll(" ", "-")}`);
  describe(name, () => {
    before(() => mkdirSync(baseDir));
    after(() => rmSync(baseDir, { recursive: true, force: true }));
    const open = (workingDir: string): Promise<Runtime> => {
      mkdirSync(workingDir);
      return openRuntime({ workingDir, wall: "Local · no sandbox", ...options });
    };
    runtimeContract(name, open, { ...capabilities, realShell: true, baseDir });
  });
}
