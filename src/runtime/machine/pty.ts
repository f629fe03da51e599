import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate, setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { ShellProcess, ShellProcessListener, ShellProcessOptions, SpawnShell } from "./shellProcess.ts";
import { signalProcess } from "./shellProcess.ts";

/**
 * Starts shells in a pseudo terminal by node-pty: our own copy, else the first of `candidates` (absolute folders of other
 * copies, such as VS Code's) that loads here; undefined when none does. node-pty itself chooses the native part by platform and processor.
 */
export async function loadPty(candidates: readonly string[] = []): Promise<SpawnShell | undefined> {
  const own = await firstOf([
    () => import("node-pty"),
    ...candidates.map((folder) => () => import(pathToFileURL(`${folder}/lib/index.js`).href)),
  ]);
  return own === undefined ? undefined : (options, listener) => spawnInPty(own, options, listener);
}

/** Why no copy loads, in words that end a sentence. */
export function whyNoPty(): string {
  return isMusl() ? "this Linux is built on musl, and node-pty on glibc" : "node-pty does not load on this machine";
}

function isMusl(): boolean {
  try {
    return process.platform === "linux" && readdirSync("/lib").some((name) => name.startsWith("ld-musl-"));
  } catch {
    // Because a system without such a folder is not one of those that have musl.
    return false;
  }
}

/** The part of node-pty that is used; with `encoding: null` data comes as Buffers, which its own types do not say. */
interface NodePty {
  spawn(program: string, args: string[], options: object): PtyProcess;
}

interface PtyProcess {
  readonly pid: number;
  onData(listener: (data: Buffer | string) => void): unknown;
  onExit(listener: (end: { exitCode: number; signal?: number | undefined }) => void): unknown;
  write(data: string): void;
  resize(cols: number, rows: number): void;
  kill(): void;
  pause(): void;
  resume(): void;
}

async function firstOf(loaders: readonly (() => unknown)[]): Promise<NodePty | undefined> {
  for (const load of loaders) {
    try {
      const loaded = await load();
      if (isNodePty(loaded)) return loaded;
    } catch {
      // Because a copy built for another machine is expected here, and the next one is tried.
      continue;
    }
  }
  return undefined;
}

function isNodePty(value: unknown): value is NodePty {
  return typeof value === "object" && value !== null && "spawn" in value && typeof value.spawn === "function";
}

const silenceMs = 100;
/** What a shell has left behind may write into its terminal for ever. */
const mostWaits = 20;

/**
 * Makes node-pty wait until nothing comes any more before it closes the terminal of a program that has ended. By itself it closes it after
 * 200 ms, and what a busy machine or a slow watcher has not taken by then is lost.
 */
function closeWhenSilent(child: PtyProcess): void {
  const socket = "_socket" in child ? child._socket : undefined;
  if (!(socket instanceof Readable)) return;
  const close = socket.destroy.bind(socket);
  let pieces = 0;
  child.onData(() => pieces++);
  const closeLater = async (): Promise<void> => {
    for (let count = 0, seen = -1; count < mostWaits && (seen !== pieces || socket.isPaused()); count++) {
      seen = pieces;
      await setTimeout(silenceMs);
      // What has come meanwhile is read between a timer and this.
      await setImmediate();
    }
    close();
  };
  let isClosing = false;
  socket.destroy = (error) => {
    if (error !== undefined || socket.readableEnded) return close(error);
    if (!isClosing) void closeLater();
    isClosing = true;
    return socket;
  };
}

function spawnInPty(pty: NodePty, options: ShellProcessOptions, listener: ShellProcessListener): ShellProcess {
  const { program, args, cwd, env, cols, rows } = options;
  const child = pty.spawn(program, [...args], { cwd, env, cols, rows, name: env["TERM"], encoding: null });
  let isRunning = true;
  closeWhenSilent(child);
  child.onData((data) => listener.onData(typeof data === "string" ? Buffer.from(data) : data));
  child.onExit(({ exitCode, signal }) => {
    isRunning = false;
    listener.onExit(signal ? 128 + signal : exitCode);
  });
  return {
    pid: child.pid,
    isTerminal: true,
    write: (data) => isRunning && child.write(data),
    resize: (newCols, newRows) => isRunning && child.resize(newCols, newRows),
    pause: () => child.pause(),
    resume: () => isRunning && child.resume(),
    // Windows knows no signals; node-pty ends everything on the console.
    kill: (signal) => isRunning && (process.platform === "win32" ? child.kill() : signalProcess(child.pid, signal)),
  };
}
