import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { RuntimeError } from "../runtime.ts";
import type { ShellProcess, ShellProcessListener, ShellProcessOptions } from "./shellProcess.ts";
import { signalProcess } from "./shellProcess.ts";

/** How long output may still come after the shell has ended while something in the background holds its pipe. */
const drainMs = 250;

/** A shell on pipes, for machines where no pseudo terminal can be had: the same words, without a terminal. */
export function spawnOnPipes(options: ShellProcessOptions, listener: ShellProcessListener): ShellProcess {
  const { program, args, cwd, env } = options;
  // Because output and errors must keep their order, they share one pipe: the outer shell makes it so and then becomes the inner one.
  const child: ChildProcess = spawn("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const { stdin, stdout } = child;
  let isRunning = true;
  const end = (exitCode: number | null): void => {
    if (!isRunning) return;
    isRunning = false;
    stdout?.destroy();
    listener.onExit(exitCode);
  };
  child.once("error", () => end(null));
  // Node makes none for a process that it has no file descriptors left for.
  if (!stdin || !stdout) {
    isRunning = false;
    throw new RuntimeError(
      "no-shell",
      "No shell can be started, because too many files are open. Close other conversations, then try again.",
    );
  }
  stdout.on("data", (bytes: Buffer) => listener.onData(bytes));
  stdin.on("error", () => stdin.destroy());
  child.once("exit", (code, signal) => {
    stdout.resume();
    setTimeout(end, drainMs, exitCodeOf(code, signal)).unref();
  });
  child.once("close", (code, signal) => end(exitCodeOf(code, signal)));
  return {
    pid: child.pid ?? 0,
    isTerminal: false,
    write: (data) => isRunning && stdin.write(data),
    resize: () => undefined,
    pause: () => stdout.pause(),
    resume: () => stdout.resume(),
    kill: (signal) => isRunning && child.pid !== undefined && signalProcess(child.pid, signal),
  };
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}
