import * as vscode from "vscode";
import { messageOf } from "../../protocol/thrown.ts";
import type { PersonShell, TerminalSize } from "../../runtime/runtime.ts";
import { nameWhenDrawn } from "./nameWhenDrawn.ts";
import { lastLine, Screen } from "./screen.ts";

export interface ShownShellOptions {
  /** Tells what the shell's conversation is called, now and whenever that changes. */
  readonly watchTitle: (listener: (title: string) => void) => Disposable;
  /** Starts the shell, as large as the terminal is. */
  readonly open: (size: TerminalSize) => Promise<PersonShell>;
  /** The terminal has been closed, by the person or by `exit`. */
  readonly onClosed: () => void;
}

/** A shell of the person's own as a VS Code terminal that is in front and has the keyboard. Closing the terminal ends the shell, and the other way round. */
export class ShownShell implements Disposable {
  readonly #options: ShownShellOptions;
  readonly #screen = new Screen();
  readonly #written = new vscode.EventEmitter<string>();
  readonly #renamed = new vscode.EventEmitter<string>();
  readonly #closed = new vscode.EventEmitter<number | void>();
  readonly #terminal: vscode.Terminal;
  readonly #watching: Disposable;
  #shell: PersonShell | undefined;
  /** Typed before there is a shell. */
  #early = "";
  #size: TerminalSize = { cols: 80, rows: 24 };
  #state: "open" | "ended" | "closed" = "open";

  constructor(options: ShownShellOptions) {
    this.#options = options;
    let name = "Sandbox";
    this.#watching = options.watchTitle((title) => {
      name = `Sandbox: ${title}`;
      this.#renamed.fire(name);
    });
    const named = name;
    const pty: vscode.Pseudoterminal = {
      onDidWrite: this.#written.event,
      onDidChangeName: this.#renamed.event,
      onDidClose: this.#closed.event,
      open: (size) => {
        nameWhenDrawn(() => name !== named && this.#state !== "closed" && this.#renamed.fire(name));
        if (size) this.#size = { cols: size.columns, rows: size.rows };
        this.#screen.showOn((text) => this.#written.fire(text));
        void this.#start();
      },
      close: () => this.#close(),
      handleInput: (keys) => this.#type(keys),
      setDimensions: ({ columns, rows }) => {
        this.#size = { cols: columns, rows };
        this.#shell?.resize(columns, rows);
      },
    };
    const iconPath = new vscode.ThemeIcon("vm");
    // Because after a reload nothing would stand behind it.
    this.#terminal = vscode.window.createTerminal({ name, pty, iconPath, isTransient: true });
    this.#terminal.show();
  }

  /** Says on a last line why there is no shell any more; the next key closes the terminal. */
  end(sentence: string): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#shell?.[Symbol.dispose]();
    this.#screen.add(`\r\n${lastLine(`${sentence} Press any key to close this terminal.`)}\r\n`);
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
    this.#close();
  }

  async #start(): Promise<void> {
    try {
      const shell = await this.#options.open(this.#size);
      if (this.#state !== "open") return shell[Symbol.dispose]();
      this.#shell = shell;
      shell.resize(this.#size.cols, this.#size.rows);
      shell.onOutput((text) => this.#screen.add(text));
      if (this.#early !== "") shell.type(this.#early);
      shell.onEnd(() => this.#state === "open" && this.#closed.fire());
    } catch (error) {
      this.end(messageOf(error));
    }
  }

  #type(keys: string): void {
    if (this.#state === "ended") this.#closed.fire();
    else if (this.#shell === undefined) this.#early += keys;
    else this.#shell.type(keys);
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#shell?.[Symbol.dispose]();
    this.#watching[Symbol.dispose]();
    this.#screen[Symbol.dispose]();
    for (const emitter of [this.#written, this.#renamed, this.#closed]) emitter.dispose();
    this.#options.onClosed();
  }
}
