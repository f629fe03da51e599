import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import type { TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import type { MachineTerminal } from "../../runtime/machine/machineTerminal.ts";
import type { Terminal, TerminalOptions } from "../../runtime/runtime.ts";

/** What a reopened terminal shows of what was before. */
const maxReplayCharacters = 100_000;

/**
 * The agent's shell as a VS Code terminal: the person watches it and may type into it.
 *
 * Closing the terminal closes the picture, not the shell; the next command shows it again. VS Code's shell integration is not needed.
 */
export class ShownTerminal implements Terminal, Disposable {
  readonly #shell: MachineTerminal;
  readonly #log: Log;
  readonly #listening: Disposable;
  #replay = "";
  #picture: { readonly terminal: vscode.Terminal; readonly write: vscode.EventEmitter<string> } | undefined;

  constructor(shell: MachineTerminal, log: Log) {
    this.#shell = shell;
    this.#log = log;
    this.#listening = shell.onRaw((text) => this.#draw(text));
  }

  run(request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    this.#show();
    return this.#shell.run(request, options);
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#shell.reset(signal);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#picture?.terminal.dispose();
    this.#picture = undefined;
  }

  #draw(text: string): void {
    this.#replay = (this.#replay + text).slice(-maxReplayCharacters);
    this.#picture?.write.fire(text);
  }

  /** Shows the terminal when it is not there, and never takes the keyboard. */
  #show(): void {
    if (this.#picture) return;
    const write = new vscode.EventEmitter<string>();
    const close = (): void => {
      this.#picture = undefined;
      write.dispose();
    };
    const pty: vscode.Pseudoterminal = {
      onDidWrite: write.event,
      open: (size) => {
        if (size) this.#shell.resize(size.columns, size.rows);
        if (this.#replay) write.fire(this.#replay);
      },
      close,
      handleInput: (data) => this.#shell.type(data),
      setDimensions: ({ columns, rows }) => this.#shell.resize(columns, rows),
    };
    const terminal = vscode.window.createTerminal({ name: "OpenHands", pty, iconPath: new vscode.ThemeIcon("hubot"), isTransient: true });
    this.#picture = { terminal, write };
    terminal.show(true);
    this.#log.debug("the agent's terminal is shown");
  }
}
