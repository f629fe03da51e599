import * as vscode from "vscode";
import { ConversationId } from "../../protocol/ids.ts";
import { Chat, type ChatFace } from "./chat.ts";
import type { ChatParts } from "./chatParts.ts";
import { openPage } from "./page.ts";
import type { Surface, SurfaceListener } from "./surface.ts";

const mementoKey = "conversation";

/**
 * The chat of the sidebar, or wherever the person has put the view. The page holds no state: it may be killed, hidden or moved at any time, and
 * asks for what it lacks when it is back.
 */
export class ChatView implements Surface, vscode.WebviewViewProvider, vscode.Disposable {
  static readonly id = "openhands.chat";
  readonly chat: Chat;
  readonly column = vscode.ViewColumn.Active;
  readonly #parts: ChatParts;
  readonly #listener: SurfaceListener;
  #view: vscode.WebviewView | undefined;
  #badge: vscode.ViewBadge | undefined;

  constructor(parts: ChatParts, listener: SurfaceListener) {
    this.#parts = parts;
    this.#listener = listener;
    const face: ChatFace = {
      column: this.column,
      post: (update) => void this.#view?.webview.postMessage(update),
      onShown: (id) => {
        void parts.memento.update(mementoKey, id ?? undefined);
        listener.onChanged(this);
      },
      onUsed: () => listener.onUsed(this),
      onStep: () => listener.onStep(this),
    };
    this.chat = new Chat(parts, face, ConversationId.safeParse(parts.memento.get(mementoKey)).data ?? null);
  }

  get isVisible(): boolean {
    return this.#view?.visible ?? false;
  }

  /** Undefined while VS Code does not have it. */
  get webview(): vscode.WebviewView | undefined {
    return this.#view;
  }

  /** Whether the view is there, shown or not, so that its badge can be seen. */
  get isResolved(): boolean {
    return this.#view !== undefined;
  }

  set badge(badge: vscode.ViewBadge | undefined) {
    this.#badge = badge;
    if (this.#view) this.#view.badge = badge;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.badge = this.#badge;
    const { extensionUri, log } = this.#parts;
    const page = openPage(view.webview, { extensionUri, log, onRequest: (request) => void this.chat.receive(request) });
    view.onDidChangeVisibility(() => {
      if (!view.visible) this.chat.hide();
      this.#listener.onChanged(this);
    });
    view.onDidDispose(() => {
      page.dispose();
      if (this.#view !== view) return;
      this.#view = undefined;
      this.chat.hide();
      this.#listener.onChanged(this);
    });
    this.#listener.onChanged(this);
  }

  async reveal(): Promise<void> {
    await vscode.commands.executeCommand(`${ChatView.id}.focus`);
  }

  dispose(): void {
    this.chat.dispose();
  }
}
