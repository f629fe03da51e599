import * as vscode from "vscode";
import type { Chats } from "../chat/chats.ts";
import { type Activities, isRunning, needsPerson } from "./activities.ts";

/** Tells VS Code what the chat that the person works in can do, for `when` clauses and enablement. */
export function keepContextKeys(activities: Activities, chats: Chats): vscode.Disposable {
  const known = new Map<string, boolean>();
  const set = (key: string, value: boolean): void => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand("setContext", `openhands.${key}`, value);
  };
  const look = (): void => {
    const { conversationId } = chats.current.chat;
    const activity = conversationId === null ? undefined : activities.get(conversationId);
    const isAsking = activity !== undefined && needsPerson(activity);
    const runs = activity !== undefined && isRunning(activity);
    set("hasConversation", conversationId !== null);
    set("isAsking", isAsking);
    set("isRunning", runs);
    set("isBusy", runs || isAsking);
    set("canContinue", activity !== undefined && !activity.isReadOnly && ["paused", "error", "stuck"].includes(activity.execution_status));
  };
  look();
  return vscode.Disposable.from(activities.onDidChange(look), chats.onDidChange(look));
}
