import type * as vscode from "vscode";

/** A view that a terminal must not cover; `vscode.WebviewView` is one. */
export type CoveredView = Pick<vscode.WebviewView, "visible" | "onDidChangeVisibility" | "show">;

const coverMs = 1_000;

/**
 * Brings a terminal into view, without the keyboard, unless that would cover `view`, because the person has moved it into the panel. VS Code
 * does not say where a view is: the first time is tried, and taken back.
 */
export class Reveal {
  readonly #view: () => CoveredView | undefined;
  /** A view that is moved is made anew. */
  readonly #inPanel = new WeakSet<CoveredView>();

  constructor(view: () => CoveredView | undefined) {
    this.#view = view;
  }

  reveal(terminal: Pick<vscode.Terminal, "show">): void {
    const view = this.#view();
    if (view?.visible !== true) return terminal.show(true);
    if (this.#inPanel.has(view)) return;
    const listening = view.onDidChangeVisibility(() => {
      if (view.visible) return;
      listening.dispose();
      this.#inPanel.add(view);
      view.show(true);
    });
    setTimeout(() => void listening.dispose(), coverMs).unref();
    terminal.show(true);
  }
}
