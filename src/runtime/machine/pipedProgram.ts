import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { killOrphans } from "./endShells.ts";
import { markVariable, shellEnvironment, terminalMark, withoutSecrets } from "./environment.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { signalProcess } from "./shellProcess.ts";

export interface PipedProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to what a shell of an agent's gets, which has no secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

/** A program that is talked to by its standard input and output. Disposing ends it, and all that it has started, within a second. */
export interface PipedProgram extends AsyncDisposable {
  readonly input: Writable;
  readonly output: Readable;
  /** The end of what it has written to standard error, from a whole word on. */
  readonly complaint: string;
  /** Resolves when it has ended, with its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
}

const mostComplaint = 2_000;
const graceMs = 500;

/** Rejects with the system's error when the program cannot be started. */
export async function startPipedProgram({ command, args, env, cwd }: PipedProgramOptions): Promise<PipedProgram> {
  const folder = await PrivateFolder.open();
  const ours = { ...shellEnvironment(withoutSecrets(process.env)), ...env, [markVariable]: folder.name };
  const detached = process.platform !== "win32";
  const child = spawn(command, [...args], { env: ours, detached, stdio: ["pipe", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = endOf(complaint + text)));
  // Because it may end before it has read all.
  child.stdin.on("error", () => undefined);
  try {
    await once(child, "spawn");
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
  const { pid = 0 } = child;
  const ended = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  const signal = (name: NodeJS.Signals): void => signalProcess(detached ? -pid : pid, name);
  return {
    input: child.stdin,
    output: child.stdout,
    get complaint() {
      return complaint;
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      child.stdin.destroy();
      signal("SIGTERM");
      await Promise.race([ended, delay(graceMs, undefined, { ref: false })]);
      signal("SIGKILL");
      if (detached) await killOrphans([terminalMark(folder.name)]);
      child.stdout.destroy();
      child.stderr.destroy();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A word that is cut in two is left out, because half of a secret would not be known as one. */
function endOf(text: string): string {
  return text.length > mostComplaint ? text.slice(-mostComplaint).replace(/^\S+/, "") : text;
}
