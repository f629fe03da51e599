import type * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import { type CoveredView, Reveal } from "./reveal.ts";
import type { ShownTerminal } from "./shownTerminal.ts";

export interface AgentTerminalsOptions {
  /** The chat view, which a terminal does not cover. */
  readonly chatView: () => CoveredView | undefined;
  readonly watchTitle: (id: ConversationId, listener: (title: string) => void) => Disposable;
}

/** The agents' terminals in this window, one for each conversation that acts, wherever it acts; each is named after its conversation. */
export class AgentTerminals {
  readonly #options: AgentTerminalsOptions;
  readonly #reveal: Reveal;
  readonly #terminals = new Map<ConversationId, ShownTerminal>();

  constructor(options: AgentTerminalsOptions) {
    this.#options = options;
    this.#reveal = new Reveal(options.chatView);
  }

  /** Tells what the conversation is called, now and whenever that changes. */
  watchTitle(id: ConversationId, listener: (title: string) => void): Disposable {
    return this.#options.watchTitle(id, listener);
  }

  /** Brings a terminal into view, without the keyboard. */
  readonly reveal = (terminal: vscode.Terminal): void => this.#reveal.reveal(terminal);

  /** Until it is disposed, `terminal` is the conversation's. */
  keep(id: ConversationId, terminal: ShownTerminal): Disposable {
    const watching = this.watchTitle(id, (title) => terminal.rename(title));
    this.#terminals.set(id, terminal);
    return {
      [Symbol.dispose]: () => {
        watching[Symbol.dispose]();
        if (this.#terminals.get(id) === terminal) this.#terminals.delete(id);
      },
    };
  }

  /** Shows the conversation's terminal, opened again when it was closed; the keyboard stays where it is. Throws a sentence when there is none. */
  show(id: ConversationId): void {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) throw new Error("This conversation has no terminal yet: it gets one with its next command.");
    terminal.show();
  }
}
