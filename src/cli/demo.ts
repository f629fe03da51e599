import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoModel, openDemo } from "../llm/demo.ts";
import type { RuntimeRef } from "../protocol/sandbox.ts";
import { confirmPolicies } from "../protocol/settings.ts";
import { demoFolder } from "./compose.ts";
import { run, type Surroundings } from "./run.ts";

/** The recorded task in a fresh copy of the sample workspace; nothing of it is kept afterwards. */
export async function demo(
  { json, verbose, runtime }: { readonly json: boolean; readonly verbose: boolean; readonly runtime: RuntimeRef },
  surroundings: Surroundings,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "openhands-demo-"));
  const workingDir = join(folder, "workspace");
  try {
    await cp(join(demoFolder, "workspace"), workingDir, { recursive: true });
    const { task } = await openDemo({ folder: demoFolder, workingDir, wordDelayMs: 0 });
    if (!json) process.stdout.write(`Demo: the model's replies are recorded, the tools are real. Sample folder: ${workingDir}\n`);
    const start = {
      working_dir: workingDir,
      llm: { model: demoModel },
      confirmation_policy: confirmPolicies.never,
      max_iterations: 50,
      ...(runtime.kind === "local" ? {} : { runtime }),
    };
    const detail = json ? "json" : verbose ? "all" : "steps";
    const keptIn = join(folder, "kept");
    return await run({ task, target: { type: "new", start }, apiKey: undefined, detail, applies: false, keptIn }, surroundings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
