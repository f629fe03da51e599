import { Console } from "node:console";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Log } from "../src/protocol/log.ts";
import { messageOf } from "../src/protocol/thrown.ts";
import { help, readArguments } from "./arguments.ts";
import { jsonLog } from "./jsonLog.ts";
import type { Serving } from "./parts.ts";

/** A server that was told to end is gone after this, whatever hangs. */
const mostEndMs = 1_900;

// Because standard output belongs to the protocol, and a library might talk.
globalThis.console = new Console(process.stderr);
process.exitCode = await main(process.argv.slice(2));
// What a command left running must not keep the server alive.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  if (!("withResolvers" in Promise)) return refuse(`sandbox-server needs Node 22.19 or later; this is ${process.version}.`);
  const options = readArguments(args);
  if (typeof options === "string") return refuse(options);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const workspace = resolve(options.workspace);
  const workingDir = resolve(workspace, options.folder ?? ".");
  for (const [what, folder] of [
    ["workspace", workspace],
    ["folder", workingDir],
  ] as const) {
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory()) return refuse(`The ${what} ${folder} is not a folder.`);
  }
  const log = jsonLog(options.logLevel, (line) => void process.stderr.write(line));
  const serving = { options, workspace, workingDir, log, ended: untilTold(log) };
  const result = await serve(serving);
  return typeof result === "string" ? refuse(result) : result;
}

/** Only what is needed is read: what serves a port is a bundle of its own, beside this one. */
async function serve(serving: Serving): Promise<number | string> {
  const { port } = serving.options;
  try {
    if (port !== undefined) return await (await import("./port.ts")).servePort(serving, port);
    return await (await import("./stdio.ts")).serveInput(serving);
  } catch (error) {
    return messageOf(error);
  }
}

/** Resolves at the first signal to end; from then on the process has little time left. */
function untilTold(log: Log): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => {
      log.info("Ending", { signal });
      setTimeout(() => process.exit(0), mostEndMs).unref();
      end();
    });
  }
  return promise;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence} See sandbox-server --help.\n`);
  return 2;
}
