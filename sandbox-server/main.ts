import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../src/protocol/thrown.ts";
import { openMachineRuntime } from "../src/runtime/machine/machineRuntime.ts";
import { runtimeApp } from "../src/server/runtimeApp.ts";
import { serveStdio } from "../src/server/stdio.ts";

const help = `sandbox-server: the tools' side of OpenHands, for one workspace.

Usage
  sandbox-server --stdio [--workspace DIR]   speak HTTP/2 on standard input and output; ends when the input ends
  sandbox-server --help

DIR is the folder that the tools work in (default: the current one).
`;

process.exitCode = await main(process.argv.slice(2));
// What a command left running must not keep the server alive.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  if (!("withResolvers" in Promise)) return refuse(`sandbox-server needs Node 22.19 or later; this is ${process.version}.`);
  const options = readOptions(args);
  if (typeof options === "string") return refuse(options);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!options.stdio) return refuse("Say how to serve: --stdio is the one way so far.");
  const workingDir = resolve(options.workspace ?? ".");
  const found = await stat(workingDir).catch(() => undefined);
  if (!found?.isDirectory()) return refuse(`The workspace ${workingDir} is not a folder.`);
  await serve(workingDir);
  return 0;
}

function readOptions(args: readonly string[]) {
  const flags = { help: { type: "boolean" }, stdio: { type: "boolean" }, workspace: { type: "string" } } as const;
  try {
    return parseArgs({ args: [...args], options: flags }).values;
  } catch (error) {
    return messageOf(error);
  }
}

async function serve(workingDir: string): Promise<void> {
  await using runtime = await openMachineRuntime({ workingDir, wall: "sandbox-server" });
  const terminated = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => terminated.resolve());
  await Promise.race([serveStdio(runtimeApp(runtime), process.stdin, process.stdout), terminated.promise]);
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence} See sandbox-server --help.\n`);
  return 2;
}
