import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Host } from "../host/host.ts";
import { ChatRequest, type ChatUpdate } from "../protocol/chat.ts";
import { chatPageHtml } from "../protocol/chatPage.ts";
import type { Log } from "../protocol/log.ts";
import { messageOf } from "../protocol/thrown.ts";
import { Chat } from "./chat.ts";
import type { Models } from "./models.ts";
import type { Workspace } from "./workspace.ts";

export interface ChatParts {
  readonly extensionUri: vscode.Uri;
  readonly memento: vscode.Memento;
  readonly host: Host;
  readonly models: Models;
  readonly workspace: Workspace;
  readonly log: Log;
}

/**
 * The webview of the sidebar. It holds no state: the page may be killed, hidden or moved at any time, and asks for what it lacks
 * when it is back.
 */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly id = "openhands.chat";
  readonly chat: Chat;
  readonly #parts: ChatParts;
  #view: vscode.WebviewView | undefined;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.chat = new Chat(parts, {
      post: (update) => this.#post(update),
      badge: (count) => this.#badge(count),
    });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    const { extensionUri } = this.#parts;
    const { webview } = view;
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [dist, vscode.Uri.joinPath(extensionUri, "media")] };
    const asset = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    webview.onDidReceiveMessage((message) => void this.#receive(message));
    view.onDidDispose(() => {
      if (this.#view === view) this.#view = undefined;
    });
    const nonce = randomBytes(16).toString("base64url");
    webview.html = chatPageHtml({ nonce, cspSource: webview.cspSource, scriptUri: asset("webview.js"), styleUri: asset("webview.css") });
  }

  /** Brings the view to the front; the keyboard goes into its composer. */
  async reveal(text = ""): Promise<void> {
    await vscode.commands.executeCommand(`${ChatView.id}.focus`);
    this.#post({ type: "compose", text });
  }

  dispose(): void {
    this.chat.dispose();
  }

  async #receive(message: unknown): Promise<void> {
    const request = ChatRequest.safeParse(message);
    if (!request.success) {
      this.#parts.log.warn("the view sent something that is not understood", { issue: request.error.issues[0]?.message });
      return;
    }
    try {
      await this.chat.handle(request.data);
    } catch (error) {
      this.#parts.log.error("a request of the view failed", { type: request.data.type, error: String(error) });
      this.#post({ type: "failed", message: messageOf(error) });
    }
  }

  #post(update: ChatUpdate): void {
    void this.#view?.webview.postMessage(update);
  }

  #badge(count: number): void {
    if (this.#view) this.#view.badge = count === 0 ? undefined : { value: count, tooltip: "OpenHands waits for your answer" };
  }
}
