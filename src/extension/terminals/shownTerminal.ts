import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import type { TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import type { PersonTerminal, Terminal, TerminalOptions } from "../../runtime/runtime.ts";
import { nameWhenDrawn } from "./nameWhenDrawn.ts";
import { lastLine, Screen } from "./screen.ts";

export interface ShownTerminalOptions {
  readonly shell: PersonTerminal;
  readonly log: Log;
  /** Brings a terminal that has just been made into view, without the keyboard. */
  readonly reveal: (terminal: vscode.Terminal) => void;
}

/**
 * The agent's shell as a VS Code terminal: the person watches it and may type into it.
 *
 * Closing the terminal closes the picture, not the shell; the next command shows it again, with what it showed. VS Code's shell integration
 * is not needed.
 */
export class ShownTerminal implements Terminal, Disposable {
  readonly #options: ShownTerminalOptions;
  readonly #listening: Disposable;
  readonly #screen = new Screen();
  readonly #renamed = new vscode.EventEmitter<string>();
  #title: string | undefined;
  #picture: vscode.Terminal | undefined;
  #isDisposed = false;
  #isEnded = false;

  constructor(options: ShownTerminalOptions) {
    this.#options = options;
    this.#listening = options.shell.onRaw((text) => this.#screen.add(text));
  }

  run(request: TerminalRequest, options: TerminalOptions): Promise<TerminalResult> {
    if (this.#picture === undefined && !this.#isDisposed) this.#options.reveal(this.#open());
    return this.#options.shell.run(request, options);
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#options.shell.reset(signal);
  }

  /** For a person who asks for it: opens it when it was closed. The keyboard stays where it is. */
  show(): void {
    (this.#picture ?? this.#open()).show(true);
  }

  /** The terminal is named after its conversation. */
  rename(title: string): void {
    if (title === this.#title) return;
    this.#title = title;
    this.#renamed.fire(this.#name);
  }

  /** Says on a last line why there is no shell any more; the next key closes the picture. */
  end(sentence: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#screen.add(`\r\n${lastLine(`${sentence} Press any key to close this terminal.`)}\r\n`);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#listening[Symbol.dispose]();
    this.#picture?.dispose();
    this.#picture = undefined;
    this.#screen[Symbol.dispose]();
    this.#renamed.dispose();
  }

  get #name(): string {
    return this.#title === undefined ? "OpenHands" : `OpenHands: ${this.#title}`;
  }

  #open(): vscode.Terminal {
    const { shell, log } = this.#options;
    const write = new vscode.EventEmitter<string>();
    const name = this.#name;
    const pty: vscode.Pseudoterminal = {
      onDidWrite: write.event,
      onDidChangeName: this.#renamed.event,
      open: (size) => {
        if (size) shell.resize(size.columns, size.rows);
        nameWhenDrawn(() => this.#name !== name && this.#picture === terminal && this.#renamed.fire(this.#name));
        this.#screen.showOn((text) => write.fire(text));
      },
      close: () => {
        if (this.#picture === terminal) this.#picture = undefined;
        this.#screen.hide();
        write.dispose();
      },
      handleInput: (data) => (this.#isEnded ? terminal.dispose() : shell.type(data)),
      setDimensions: ({ columns, rows }) => shell.resize(columns, rows),
    };
    const terminal = vscode.window.createTerminal({
      name,
      pty,
      iconPath: new vscode.ThemeIcon("hubot"),
      location: vscode.TerminalLocation.Panel,
      // Because after a reload nothing would stand behind it.
      isTransient: true,
    });
    this.#picture = terminal;
    log.debug("the agent's terminal is shown");
    return terminal;
  }
}
