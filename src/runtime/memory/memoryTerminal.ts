import path from "node:path";
import type { TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import type { End, Outcome } from "../machine/runningCommand.ts";
import { RunningCommand } from "../machine/runningCommand.ts";
import { checkText } from "../machine/terminalText.ts";
import type { Files, Terminal, TerminalOptions } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";

/** What a scripted command does: prints, and ends with a code or (`"never"`) goes on until it is interrupted. */
export interface ScriptedResult {
  readonly output?: string;
  readonly exitCode: number | "never";
}

/** Undefined leaves the command to the built-in ones. */
export type ScriptedCommands = (command: string, workingDir: string, env: ReadonlyMap<string, string>) => ScriptedResult | undefined;

/** A terminal that knows a handful of words: `echo`, `cd`, `pwd`, `exit`, `true`, `false`, `cat`, `printenv`, `sleep` (for ever). */
export class MemoryTerminal implements Terminal {
  readonly #firstFolder: string;
  readonly #files: Files;
  readonly #script: ScriptedCommands | undefined;
  readonly #env = new Map<string, string>();
  #folder: string;
  #command: RunningCommand | undefined;
  #isClosed = false;

  constructor(workingDir: string, files: Files, script: ScriptedCommands | undefined) {
    this.#firstFolder = workingDir;
    this.#folder = workingDir;
    this.#files = files;
    this.#script = script;
  }

  async run(request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    this.#check(options.signal);
    const running = this.#command;
    if (running !== undefined) return this.#act(running, request, options);
    if (request.type !== "command") return this.#answer({ type: "nothing_running" });
    checkText(request);
    for (const [name, value] of Object.entries(request.env ?? {})) this.#env.set(name, value);
    const command = new RunningCommand("agent");
    this.#command = command;
    const waiting = command.wait(request, options);
    await this.#start(command, request.command);
    return this.#told(command, await waiting, options);
  }

  async reset(signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#end({ type: "shell_ended", exitCode: null });
    this.#command = undefined;
    this.#env.clear();
    this.#folder = this.#firstFolder;
  }

  close(): void {
    this.#isClosed = true;
    this.#end({ type: "shell_ended", exitCode: null });
  }

  async #act(running: RunningCommand, request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    if (running.end === undefined && request.type === "command") return this.#answer({ type: "busy" }, running);
    if (request.type === "key" && request.key === "C-c") this.#end({ type: "completed", exitCode: 130 });
    return this.#told(running, await running.wait(request, options), options);
  }

  #told(command: RunningCommand, outcome: Outcome | undefined, options: TerminalOptions): TerminalResult {
    if (outcome !== undefined) return this.#answer(outcome, command);
    this.#end({ type: "completed", exitCode: 130 });
    this.#command = undefined;
    throw options.signal.reason;
  }

  #answer(outcome: Outcome, command?: RunningCommand): TerminalResult {
    if (outcome.type === "completed" || outcome.type === "shell_ended") this.#command = undefined;
    return { outcome, ...(command?.takeOutput() ?? { output: "", omittedBytes: 0 }), workingDir: this.#folder };
  }

  async #start(command: RunningCommand, text: string): Promise<void> {
    const exit = /^exit\b ?(\d*)$/.exec(text);
    if (exit !== null) return this.#end({ type: "shell_ended", exitCode: Number(exit[1]) });
    const { output = "", exitCode } = this.#script?.(text, this.#folder, this.#env) ?? (await this.#builtIn(text));
    if (output !== "") void command.receive(output);
    if (exitCode !== "never") command.finish({ type: "completed", exitCode });
  }

  async #builtIn(text: string): Promise<ScriptedResult> {
    const [name = "", ...words] = text.split(" ");
    const rest = words.join(" ");
    switch (name) {
      case "":
      case "true":
        return { exitCode: 0 };
      case "false":
        return { exitCode: 1 };
      case "sleep":
        return { exitCode: "never" };
      case "echo":
        return { output: `${rest}\n`, exitCode: 0 };
      case "pwd":
        return { output: `${this.#folder}\n`, exitCode: 0 };
      case "cd":
        return this.#changeFolder(rest);
      case "printenv":
        return this.#env.has(rest) ? { output: `${this.#env.get(rest)}\n`, exitCode: 0 } : { exitCode: 1 };
      case "cat":
        return this.#print(rest);
      default:
        return { output: `bash: ${name}: command not found\n`, exitCode: 127 };
    }
  }

  async #changeFolder(target: string): Promise<ScriptedResult> {
    const folder = path.posix.resolve(this.#folder, target === "" ? this.#firstFolder : target);
    const found = await this.#files.stat(folder, new AbortController().signal);
    if (found?.kind !== "directory") return { output: `bash: cd: ${target}: No such file or directory\n`, exitCode: 1 };
    this.#folder = folder;
    return { exitCode: 0 };
  }

  async #print(file: string): Promise<ScriptedResult> {
    try {
      const { bytes } = await this.#files.read(path.posix.resolve(this.#folder, file), {
        maxBytes: Infinity,
        signal: new AbortController().signal,
      });
      return { output: Buffer.from(bytes).toString("utf8"), exitCode: 0 };
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      return { output: `cat: ${file}: ${error.message}\n`, exitCode: 1 };
    }
  }

  #end(end: End): void {
    this.#command?.finish(end);
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#isClosed) throw new RuntimeError("closed", "This terminal is closed.");
  }
}
