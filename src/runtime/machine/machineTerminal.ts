import type { ListedTerminal, TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { PersonTerminal, TerminalOptions, TerminalSize } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { endShells } from "./endShells.ts";
import { foregroundOf } from "./foreground.ts";
import { waitsForInput } from "./inputWait.ts";
import { askAfterControlC, interruptCommand } from "./interrupt.ts";
import { keySequence } from "./keys.ts";
import type { Notices } from "./notices.ts";
import type { Outcome } from "./runningCommand.ts";
import { RunningCommand } from "./runningCommand.ts";
import type { Shell, ShellListener } from "./shell.ts";
import { checkText } from "./terminalText.ts";
import { type OutputFolder, WholeOutput } from "./wholeOutput.ts";

/** Starts a shell in `folder` and waits for its first prompt; rejects with RuntimeError. */
export type OpenShell = (
  folder: string,
  how: { readonly size: TerminalSize; readonly isWatched: boolean },
  listener: ShellListener,
) => Promise<Shell>;

export interface ShellTerminalOptions {
  readonly openShell: OpenShell;
  readonly outputs: OutputFolder;
  readonly folder: string;
  readonly size: TerminalSize;
  /** What all that its shells start has in its environment. */
  readonly mark: string;
  readonly notices: Notices;
}

/** The terminal over whatever shells `openShell` gives, one after the other. */
export class ShellTerminal implements PersonTerminal, AsyncDisposable {
  readonly #openShell: OpenShell;
  readonly #outputs: OutputFolder;
  readonly #firstFolder: string;
  readonly #mark: string;
  readonly #notices: Notices;
  readonly #rawListeners = new Set<(text: string) => void>();
  readonly #endedShells: Shell[] = [];
  #size: TerminalSize;
  #folder: string;
  #shell: Shell | undefined;
  #opening: Promise<Shell> | undefined;
  #command: RunningCommand | undefined;
  #interrupting: Promise<void> | undefined;
  #disposing: Promise<void> | undefined;

  constructor({ openShell, outputs, folder, size, mark, notices }: ShellTerminalOptions) {
    this.#openShell = openShell;
    this.#outputs = outputs;
    this.#firstFolder = folder;
    this.#mark = mark;
    this.#notices = notices;
    this.#folder = folder;
    this.#size = size;
  }

  async run(request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    this.#check(options.signal);
    const command = this.#command;
    if (request.type === "command" && (command === undefined || command.end !== undefined)) return this.#runCommand(request, options);
    if (command === undefined) return this.#answer({ type: "nothing_running" });
    if (command.end !== undefined) return this.#answer(command.end, command);
    if (request.type === "command" || (command.isPersons && request.type !== "poll")) return this.#answer(busy(command), command);
    if (request.type === "input") this.#typeInto(request.text, keySequence("ENTER"));
    if (request.type === "key") this.#typeInto("", keySequence(request.key));
    if (request.type === "key" && request.key === "C-c" && this.#shell !== undefined) void askAfterControlC(this.#shell, command);
    return this.#wait(command, request, options);
  }

  async reset(signal: AbortSignal): Promise<void> {
    this.#check(signal);
    await this.#endShell();
    this.#command = undefined;
    this.#folder = this.#firstFolder;
    this.#check(signal);
    await this.#open();
  }

  onRaw(listener: (text: string) => void): Disposable {
    this.#rawListeners.add(listener);
    return { [Symbol.dispose]: () => this.#rawListeners.delete(listener) };
  }

  type(keys: string): void {
    if (this.#disposing !== undefined) return;
    if (this.#shell !== undefined) return this.#shell.type(keys, "person");
    // A key pressed before the first command, or after the shell has ended, starts one; that it cannot be started is told by the next command.
    this.#open().then(
      (shell) => shell.type(keys, "person"),
      (error: unknown) => this.#show(`${messageOf(error)}\r\n`),
    );
  }

  resize(cols: number, rows: number): void {
    if (cols < 1 || rows < 1) return;
    this.#size = { cols, rows };
    this.#shell?.process.resize(cols, rows);
  }

  async interrupt(): Promise<void> {
    const command = this.#command;
    if (this.#shell?.isBusy !== true || command === undefined || command.end !== undefined) return;
    // Stop pressed twice is one interrupt.
    this.#interrupting ??= interruptCommand(this.#shell, command).finally(() => (this.#interrupting = undefined));
    await this.#interrupting;
  }

  async list(): Promise<ListedTerminal> {
    const [command, pid] = [this.#command, this.#shell?.process.pid];
    const isRunning = command !== undefined && command.end === undefined;
    const program = isRunning && command.text === null && pid !== undefined ? (await foregroundOf(pid)).command : null;
    return { id: "agent", owner: "agent", command: isRunning ? (command.text ?? program) : null, workingDir: this.#folder };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #runCommand(request: TerminalRequest & { type: "command" }, options: TerminalOptions): Promise<TerminalResult> {
    checkText(request);
    const command = new RunningCommand("agent", request.command, new WholeOutput(this.#outputs));
    this.#command = command;
    try {
      const shell = await this.#open();
      if (!(await shell.start({ text: request.command, env: request.env }, options.signal)))
        return this.#answer(busy(this.#command), this.#command);
    } catch (error) {
      this.#command = undefined;
      throw error;
    }
    return this.#wait(command, request, options);
  }

  async #wait(command: RunningCommand, request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    const outcome = options.signal.aborted ? undefined : await command.wait(request, options, () => this.#isReading());
    if (outcome !== undefined) return this.#answer(outcome, command);
    await this.interrupt();
    if (this.#command === command) this.#command = undefined;
    throw options.signal.reason;
  }

  async #isReading(): Promise<boolean> {
    return this.#shell !== undefined && waitsForInput(this.#shell.process.pid);
  }

  #answer(outcome: Outcome, command?: RunningCommand): TerminalResult {
    const isOver = outcome.type === "completed" || outcome.type === "shell_ended";
    if (isOver && this.#command === command) this.#command = undefined;
    if (command !== undefined) command.isTold = true;
    const notice = this.#notices.take();
    const told = command?.takeOutput() ?? { output: "", omittedBytes: 0 };
    return { outcome, ...told, workingDir: this.#folder, ...(notice === undefined ? {} : { notice }) };
  }

  #typeInto(text: string, key: string): void {
    const enter = this.#shell?.process.isTerminal === false && key === "\r" ? "\n" : key;
    this.#shell?.type(text + enter, "agent");
  }

  async #open(): Promise<Shell> {
    if (this.#shell !== undefined) return this.#shell;
    this.#opening ??= this.#openShell(this.#folder, { size: this.#size, isWatched: this.#rawListeners.size > 0 }, this.#listener()).finally(
      () => (this.#opening = undefined),
    );
    const shell = await this.#opening;
    // Before anything else, so that disposing finds a shell that was still starting.
    this.#shell = shell;
    if (this.#disposing !== undefined) throw closed();
    return shell;
  }

  #listener(): ShellListener {
    return {
      onScreen: (text) => this.#show(text),
      onOutput: (text) => this.#command?.receive(text),
      onTypedCommand: (by) => (this.#command = new RunningCommand(by)),
      onFinished: (exitCode) => this.#finish({ type: "completed", exitCode }),
      onExit: (exitCode) => this.#finish({ type: "shell_ended", exitCode }),
    };
  }

  #finish(end: Extract<Outcome, { type: "completed" | "shell_ended" }>): void {
    const shell = this.#shell;
    if (shell !== undefined) this.#folder = shell.workingDir;
    if (end.type === "shell_ended" && shell !== undefined) {
      this.#endedShells.push(shell);
      this.#shell = undefined;
    }
    const command = this.#command;
    command?.finish(end);
    if (command?.isPersons === true && !command.isTold) this.#command = undefined;
  }

  async #endShell(): Promise<void> {
    const shell = await (this.#opening ?? this.#shell);
    if (shell === undefined) return;
    await endShells([shell], this.#mark);
    await shell.exit(500);
  }

  async #dispose(): Promise<void> {
    this.#rawListeners.clear();
    const last = (await this.#opening?.catch(() => undefined)) ?? this.#shell;
    const shells = last === undefined ? this.#endedShells : [...this.#endedShells, last];
    if (shells.length > 0) await endShells(shells, this.#mark);
    await last?.exit(500);
  }

  #show(text: string): void {
    for (const listener of this.#rawListeners) listener(text);
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#disposing !== undefined) throw closed();
  }
}

function busy(command: RunningCommand | undefined): Outcome {
  return { type: "busy", ...(command?.isPersons === true ? { byPerson: true } : {}) };
}

function closed(): RuntimeError {
  return new RuntimeError("closed", "This terminal is closed, because its conversation has ended.");
}
