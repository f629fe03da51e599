import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { ShellProcess, ShellProcessListener, ShellProcessOptions } from "./shellProcess.ts";
import { signalProcess } from "./shellProcess.ts";

/** How long output may still come after the shell has ended while something in the background holds its pipe. */
const drainMs = 250;

/** A shell on pipes, for machines where no pseudo terminal can be had: the same words, without a terminal. */
export function spawnOnPipes(options: ShellProcessOptions, listener: ShellProcessListener): ShellProcess {
  const { program, args, cwd, env } = options;
  // Because output and errors must keep their order, they share one pipe: the outer shell makes it so and then becomes the inner one.
  const child = spawn("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let isRunning = true;
  const end = (exitCode: number | null): void => {
    if (!isRunning) return;
    isRunning = false;
    child.stdout.destroy();
    listener.onExit(exitCode);
  };
  child.stdout.on("data", (bytes: Buffer) => listener.onData(bytes));
  child.stdin.on("error", () => child.stdin.destroy());
  child.once("error", () => end(null));
  child.once("exit", (code, signal) => {
    child.stdout.resume();
    setTimeout(end, drainMs, exitCodeOf(code, signal)).unref();
  });
  child.once("close", (code, signal) => end(exitCodeOf(code, signal)));
  return {
    pid: child.pid ?? 0,
    isTerminal: false,
    write: (data) => isRunning && child.stdin.write(data),
    resize: () => undefined,
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
    kill: (signal) => isRunning && child.pid !== undefined && signalProcess(child.pid, signal),
  };
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}
