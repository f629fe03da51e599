#!/usr/bin/env node
// Becomes dist/cli.js. Any Node can read it; the program itself (cli-main.js) needs a newer one.
import { existsSync, mkdirSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const isNewEnough = "withResolvers" in Promise && nodeModule.enableCompileCache !== undefined;
const own = fileURLToPath(new URL(`../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`, import.meta.url));

if (isNewEnough) await run();
else if (existsSync(own)) await runWith(own);
else refuse();

/**
 * Node keeps the compiled code from one run to the next: with splitting, 18 of 130 ms until the first request to the model.
 * Beside the conversations, because anybody may write to the folder that is Node's default.
 */
async function run() {
  const folder = join(process.env.OH_PERSISTENCE_DIR || join(homedir(), ".openhands"), "compile-cache");
  if (canBe(folder)) nodeModule.enableCompileCache(folder);
  await import("./cli-main.js");
}

/** Because Node makes the folder in a way that never comes back where it cannot be made, as in `/proc`. Not before the first conversation. */
function canBe(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    return error.code === "EEXIST";
  }
}

/** In a checkout there is a Node of the project's own. A terminal gives Ctrl-C to both, and a second one would mean "leave at once". */
async function runWith(node) {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  child.on("exit", (code) => process.exit(code ?? 1));
}

function refuse() {
  process.stderr.write(`OpenHands needs Node 22.19 or later; this is ${process.version}.\n`);
  process.exitCode = 2;
}
