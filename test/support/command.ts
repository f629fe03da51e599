// Runs a program to its end: quiet when it works, with its last words when it does not.
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** What the program printed, once it has ended well. Rejects with the end of its output otherwise, and when aborted. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`"${command} ${args.join(" ")}" failed with exit code ${code}:\n${output.slice(-2000)}`);
  return output;
}

/** Tells a person who waits what goes on, on stderr, and how long it took. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  process.stderr.write(`${what} …\n`);
  const result = await work();
  process.stderr.write(`${what}, ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}
