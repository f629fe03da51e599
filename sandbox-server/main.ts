import { Console } from "node:console";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Log } from "../src/protocol/log.ts";
import { codeOf, messageOf } from "../src/protocol/thrown.ts";
import { type BashCommands, openBashCommands } from "../src/runtime/machine/bash/bashCommands.ts";
import { openMachineRuntime } from "../src/runtime/machine/machineRuntime.ts";
import { serverApp } from "../src/server/app.ts";
import { type GateOptions, gateOf } from "../src/server/gate.ts";
import { listen } from "../src/server/listen.ts";
import { serveStdio } from "../src/server/stdio.ts";
import { type Arguments, help, readArguments } from "./arguments.ts";
import { allowedHosts, isLoopback } from "./hosts.ts";
import { jsonLog } from "./jsonLog.ts";
import { allowedOrigins } from "./origins.ts";
import { sessionKeys } from "./sessionKeys.ts";
import { tidyMemorySoon } from "./tidyMemory.ts";

const openWarning = "No key is needed (--no-auth): every program and user of this machine may run commands here.";
/** A server that was told to end is gone after this, whatever hangs. */
const mostEndMs = 1_900;

// Because a flood of output would make the young generation grow by a hundred megabytes of what is no longer used, in a sandbox with a limit.
setFlagsFromString("--semi-space-growth-factor=1");
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
  try {
    return await serve(options, { workspace, workingDir, log });
  } catch (error) {
    return refuse(portTrouble(error, options) ?? messageOf(error));
  }
}

interface Place {
  readonly workspace: string;
  readonly workingDir: string;
  readonly log: Log;
}

async function serve(options: Arguments, { workspace, workingDir, log }: Place): Promise<number> {
  const { port } = options;
  const allowed = port === undefined ? undefined : whoMayAsk(options, log);
  if (typeof allowed === "string") return refuse(allowed);
  const ended = untilTold(log);
  await using runtime = await openMachineRuntime({ workingDir, wall: "sandbox-server", lineEditing: "whenWatched", hasMemoryLimit: true });
  await using bash = bashOnDemand(workingDir);
  const app = serverApp({ runtime, workspace, openBash: bash.open, facts: factsOf(), maxUploadBytes: options.maxUploadBytes, log });
  tidyMemorySoon();
  if (port === undefined || allowed === undefined) {
    await Promise.race([serveStdio(app, process.stdin, process.stdout), ended]);
    await endAll(bash, runtime);
    return 0;
  }
  const gate = (bound: number) => gateOf({ ...allowed, hosts: allowedHosts({ ...options, port: bound }) });
  await using listening = await listen({ app, host: options.host, port, gate, log });
  process.stdout.write(`${JSON.stringify({ host: listening.host, port: listening.port })}\n`);
  log.info("Listening", { host: listening.host, port: listening.port, workspace: workingDir });
  if (options.noAuth) process.stderr.write(`${openWarning}\n`);
  if (options.noAuth) log.warn(openWarning);
  if (options.isPublic) log.warn("Other machines may reach this port, and there is no TLS: map it to loopback, or put a proxy in front.");
  await ended;
  await endAll(listening, bash, runtime);
  return 0;
}

/** Or a sentence that says why nobody may. */
function whoMayAsk(options: Arguments, log: Log): Omit<GateOptions, "hosts"> | string {
  if (!isLoopback(options.host)) {
    if (options.noAuth) return `Without a key a port is served on loopback only, and other machines can reach ${options.host}.`;
    if (!options.isPublic)
      return `Other machines can reach ${options.host}: say --listen-public when that is meant, and see there what protects the key.`;
  }
  if (options.noAuth && options.isPublic) return "Give --listen-public or --no-auth, not both: what others reach needs a key.";
  const keys = sessionKeys({ ...options, log });
  const pages = allowedOrigins(options.allowOrigins);
  if (typeof keys === "string") return keys;
  return typeof pages === "string" ? pages : { keys, ...pages };
}

/** All at once, because each may take its time. */
async function endAll(...parts: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
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

function bashOnDemand(workingDir: string): AsyncDisposable & { open(): Promise<BashCommands> } {
  const seconds = Number(process.env["OH_BASH_EVENTS_RETENTION_SECONDS"]);
  const retentionMs = seconds > 0 ? seconds * 1000 : undefined;
  let opening: Promise<BashCommands> | undefined;
  return {
    open: () => (opening ??= openBashCommands({ workingDir, eventsDir: process.env["OH_BASH_EVENTS_DIR"], retentionMs })),
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}

function factsOf() {
  const idle = Number(process.env["OH_RUNTIME_IDLE_TIMEOUT_SECONDS"]);
  return {
    buildSha: process.env["OPENHANDS_BUILD_GIT_SHA"] ?? "unknown",
    buildRef: process.env["OPENHANDS_BUILD_GIT_REF"] ?? "unknown",
    platform: `Node ${process.version.slice(1)}`,
    usableTools: ["terminal", "file_editor", "grep", "glob", "task_tracker"],
    idleTimeoutSeconds: idle > 0 ? idle : undefined,
  };
}

function portTrouble(error: unknown, { host, port }: Arguments): string | undefined {
  const troubles: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} of ${host} is in use: choose another one, or 0 for any that is free.`,
    EACCES: `This user may not listen at port ${port} of ${host}.`,
    EADDRNOTAVAIL: `This machine has no address ${host}.`,
    ENOTFOUND: `There is no address called ${host}.`,
  };
  return troubles[codeOf(error) ?? ""];
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence} See sandbox-server --help.\n`);
  return 2;
}
