import * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import { Chat, type ChatFace } from "./chat.ts";
import type { ChatParts } from "./chatParts.ts";
import { openPage } from "./page.ts";
import type { Surface, SurfaceListener } from "./surface.ts";

export interface TabListener extends SurfaceListener {
  onClosed(tab: ChatTab): void;
}

/** A chat in an editor tab, titled like its conversation. */
export class ChatTab implements Surface, vscode.Disposable {
  static readonly viewType = "openhands.chatTab";
  readonly chat: Chat;
  readonly column = vscode.ViewColumn.Beside;
  readonly #panel: vscode.WebviewPanel;
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    panel: vscode.WebviewPanel,
    parts: ChatParts,
    { listener, id }: { readonly listener: TabListener; readonly id: ConversationId | null },
  ) {
    this.#panel = panel;
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(parts.extensionUri, "media", name);
    panel.iconPath = { light: icon("tab-light.svg"), dark: icon("tab-dark.svg") };
    const face: ChatFace = {
      column: this.column,
      post: (update) => void panel.webview.postMessage(update),
      onShown: () => listener.onChanged(this),
      onUsed: () => listener.onUsed(this),
      onStep: () => listener.onStep(this),
    };
    this.chat = new Chat(parts, face, id);
    const { extensionUri, log } = parts;
    this.#subscriptions = [
      openPage(panel.webview, { extensionUri, log, onRequest: (request) => void this.chat.receive(request) }),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.chat.hide();
        if (panel.active) listener.onUsed(this);
        listener.onChanged(this);
      }),
      panel.onDidDispose(() => {
        this.dispose();
        listener.onClosed(this);
      }),
    ];
  }

  get isVisible(): boolean {
    return this.#panel.visible;
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  set title(title: string) {
    if (this.#panel.title !== title) this.#panel.title = title;
  }

  async reveal(): Promise<void> {
    this.#panel.reveal();
  }

  close(): void {
    this.#panel.dispose();
  }

  dispose(): void {
    this.chat.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
