import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { runtimeContract } from "../contract/runtime.ts";
import { localRuntime } from "./localRuntimes.ts";

const baseDir = path.join(tmpdir(), `openhands-local-${process.pid}`);

/** Of files outside the workspace nobody asks a language service, whose processes would not be ours. */
async function open(workingDir: string): Promise<Runtime> {
  mkdirSync(workingDir, { recursive: true });
  return localRuntime(workingDir, [path.join(baseDir, "workspace")]);
}

describe("LocalRuntime", () => {
  after(() => rmSync(baseDir, { recursive: true, force: true }));
  runtimeContract("local, in the extension host", open, { realShell: true, isTerminal: true, isShown: true, baseDir, atOnce: 8 });
});
