import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { ChatRequest } from "../../protocol/chat.ts";
import { chatPageHtml } from "../../protocol/chatPage.ts";
import type { Log } from "../../protocol/log.ts";

export interface PageOptions {
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  readonly onRequest: (request: ChatRequest) => void;
}

/** Puts the chat's page into `webview` and listens to it. What it says is checked here and nowhere behind. */
export function openPage(webview: vscode.Webview, { extensionUri, log, onRequest }: PageOptions): vscode.Disposable {
  const dist = vscode.Uri.joinPath(extensionUri, "dist");
  webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [dist, vscode.Uri.joinPath(extensionUri, "media")] };
  const asset = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const listening = webview.onDidReceiveMessage((message) => {
    const request = ChatRequest.safeParse(message);
    if (request.success) onRequest(request.data);
    else log.warn("the view sent something that is not understood", { issue: request.error.issues[0]?.message });
  });
  const nonce = randomBytes(16).toString("base64url");
  webview.html = chatPageHtml({
    nonce,
    cspSource: webview.cspSource,
    scriptUri: asset("webview.js"),
    styleUri: asset("webview.css"),
    fontUri: asset("codicon.ttf"),
  });
  return listening;
}
