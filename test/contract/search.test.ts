import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import { ensureDebianPackages } from "../../.ci/debian.mjs";
import { type MachineOptions, openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { type LeakWatch, watchLeaks } from "../support/leaks.ts";
import { ripgrepPrograms } from "../support/ripgrep.ts";
import { largeTreeContract, searchContract } from "./runtimeSearch.ts";

// Large trees are made here, and a disk that others use too can take half a minute for one.
const quickFolder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** The same answers with ripgrep and without it. */
function searchOn(name: string, ripgrep: MachineOptions["ripgrep"]): void {
  const baseDir = path.join(quickFolder, `search-contract-${process.pid}-${name.replaceAll(/\W+/g, "-")}`);
  describe(`Search contract: ${name}`, () => {
    let leaks: LeakWatch;
    let count = 0;
    before(async () => {
      mkdirSync(baseDir);
      leaks = await watchLeaks();
    });
    after("leaves nothing behind", async () => {
      rmSync(baseDir, { recursive: true, force: true });
      await leaks.check();
    });
    const open = (): ReturnType<typeof openMachineRuntime> => {
      const workingDir = path.join(baseDir, `work ${++count}`);
      mkdirSync(workingDir);
      return openMachineRuntime({ workingDir, wall: "Local · no sandbox", ripgrep });
    };
    searchContract(open, { realShell: true, isTerminal: true, baseDir });
    largeTreeContract(open);
  });
}

if (process.platform !== "win32") {
  const [program] = ripgrepPrograms();
  searchOn("without ripgrep", "none");
  if (program !== undefined) searchOn("with ripgrep", [program]);
  else if (process.env["CI"] !== "true") it("Search contract: with ripgrep (there is none on this machine)");
  else
    describe("on a machine that gets ripgrep now", () => {
      before(async function () {
        this.timeout(300_000);
        await ensureDebianPackages(["ripgrep"], "search is held against the real ripgrep");
      });
      searchOn("with ripgrep", ["/usr/bin/rg"]);
    });
}
