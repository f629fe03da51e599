import type { CommandRequest, CommandResult } from "../../protocol/runtime.ts";
import { type Commands, RuntimeError } from "../runtime.ts";
import { runBash } from "./bash/bashRun.ts";
import { killOrphans } from "./endShells.ts";

/** Characters of each stream that are kept: the first ones. */
const mostCharacters = 256_000;
const mostAtOnce = 16;

export interface SingleCommandsOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** In the environment of all that the runtime starts. */
  readonly mark: string;
}

/** Single commands beside the terminal, each by the system's shell. Disposing ends those that run, and what they have left. */
export class SingleCommands implements Commands, AsyncDisposable {
  readonly #options: SingleCommandsOptions;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  #hasRun = false;

  constructor(options: SingleCommandsOptions) {
    this.#options = options;
  }

  async run({ command, env, stdin, timeoutMs }: CommandRequest, signal: AbortSignal): Promise<CommandResult> {
    signal.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    if (this.#running.size >= mostAtOnce) throw new RuntimeError("too-many", `${mostAtOnce} commands run already beside the terminal.`);
    this.#hasRun = true;
    const { folder: cwd } = this.#options;
    const out = { stdout: "", stderr: "" };
    const keep = (name: "stdout" | "stderr", text: string): void => {
      if (out[name].length < mostCharacters) out[name] = (out[name] + text).slice(0, mostCharacters);
    };
    const either = AbortSignal.any([signal, this.#closed.signal]);
    const ended = runBash({ command, cwd, env: { ...this.#options.env, ...env }, stdin, timeoutMs, signal: either }, async (part) =>
      "stdout" in part ? keep("stdout", part.stdout) : keep("stderr", part.stderr),
    );
    this.#running.add(ended);
    const { stdout, stderr, exitCode, isTimedOut } = await ended.finally(() => this.#running.delete(ended));
    either.throwIfAborted();
    keep("stdout", stdout);
    keep("stderr", stderr);
    return { ...out, exitCode, isTimedOut };
  }

  /** Ends what runs; nothing more can be run. */
  close(): void {
    this.#closed.abort(new RuntimeError("closed", "This runtime is closed, because its conversation has ended."));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.allSettled(this.#running);
    if (this.#hasRun) await killOrphans([this.#options.mark]);
  }
}
