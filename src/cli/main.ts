#!/usr/bin/env node
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { demoModel, openDemo } from "../llm/demo.ts";
import { confirmPolicies } from "../protocol/settings.ts";
import { demoFolder, openHost } from "./compose.ts";
import { humanOutput } from "./humanOutput.ts";
import { type RunOptions, readInvocation } from "./options.ts";
import { jsonOutput, type Output } from "./output.ts";
import { doTask } from "./task.ts";
import { exitCodes, helpText, UsageError } from "./usage.ts";

/** How long a run, and what it started, may take to end. */
const orderlyEndMs = 4_000;

// Because a reader that goes away (`| head -1`) must not end the process in the middle of a step; a run hears of it, and stops.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const invocation = await readInvocation(args, process.env);
    switch (invocation.type) {
      case "help":
        process.stdout.write(helpText);
        return exitCodes.finished;
      case "version":
        process.stdout.write(`${await version()}\n`);
        return exitCodes.finished;
      case "demo":
        return await demo(invocation.json);
      case "run":
        return await run(invocation.options, process.stdout.isTTY === true);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(demoFolder, "..", "..", "package.json"), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** The recorded task in a fresh copy of the sample workspace, which is removed afterwards. */
async function demo(json: boolean): Promise<number> {
  const workingDir = await mkdtemp(join(tmpdir(), "openhands-demo-"));
  try {
    await cp(join(demoFolder, "workspace"), workingDir, { recursive: true });
    const { task } = await openDemo({ folder: demoFolder, workingDir, wordDelayMs: 0 });
    const intro = `Demo: the model's replies are recorded, the tools are real. Sample folder: ${workingDir}\n\n> ${task}\n`;
    if (!json) process.stdout.write(intro);
    return await run(
      { task, workingDir, llm: { model: demoModel }, apiKey: undefined, policy: confirmPolicies.never, maxSteps: 50, json },
      true,
    );
  } finally {
    await rm(workingDir, { recursive: true, force: true });
  }
}

async function run(options: RunOptions, showsSteps: boolean): Promise<number> {
  const { task: text, workingDir: working_dir, llm, policy: confirmation_policy, maxSteps: max_iterations, apiKey } = options;
  const stop = stopWhenLeft();
  await using host = openHost(process.env, apiKey);
  return await doTask(host, {
    text,
    start: { working_dir, llm, confirmation_policy, max_iterations },
    output: outputFor(options.json, showsSteps),
    stop,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true && !options.json,
  });
}

function outputFor(json: boolean, showsSteps: boolean): Output {
  const { stdout, stderr, env } = process;
  if (json) return jsonOutput(stdout, stderr);
  return humanOutput({ stdout, stderr, showsSteps, hasColors: stdout.isTTY === true && !env["NO_COLOR"] });
}

/**
 * Aborts at Ctrl-C, when the terminal is closed, and when nobody reads the output any more. A further Ctrl-C leaves at once, but
 * not before everything has had its time to end: impatient people press twice, and some programs pass on what we have heard ourselves.
 */
function stopWhenLeft(): AbortSignal {
  const controller = new AbortController();
  let stoppedAt = Infinity;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - stoppedAt > orderlyEndMs) process.exit(exitCodes.interrupted);
      stoppedAt = Math.min(stoppedAt, now);
      controller.abort();
    });
  }
  process.stdout.once("error", () => controller.abort());
  return controller.signal;
}
