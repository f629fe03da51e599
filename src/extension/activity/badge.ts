import type * as vscode from "vscode";
import type { ChatView } from "../chat/chatView.ts";
import { type Activities, needsPerson } from "./activities.ts";

/** A number on the view container, only for conversations that wait for the person's answer. */
export function keepBadge(activities: Activities, chat: ChatView, history: vscode.TreeView<unknown>): vscode.Disposable {
  return activities.onDidChange(() => {
    const value = activities.all.filter(needsPerson).length;
    const tooltip = value === 1 ? "A conversation needs your answer" : `${value} conversations need your answer`;
    const badge = value === 0 ? undefined : { value, tooltip };
    // Because a chat that was never looked at has no badge of its own, and both together would count twice.
    chat.badge = badge;
    history.badge = chat.isResolved ? undefined : badge;
  });
}
