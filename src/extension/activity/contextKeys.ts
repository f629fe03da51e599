import * as vscode from "vscode";
import type { ChatParts } from "../chat/chatParts.ts";
import type { Chats } from "../chat/chats.ts";
import { type Activities, isRunning, needsPerson } from "./activities.ts";

/** Tells VS Code what the chat that the person works in can do, for `when` clauses and enablement. */
export function keepContextKeys(activities: Activities, chats: Chats): vscode.Disposable {
  const set = contextSetter();
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

/** Tells VS Code what is set up already, for the steps of the walkthrough: a key of VS Code's own that is true beforehand ticks none. */
export function keepSetupKeys({ workspace, models }: Pick<ChatParts, "workspace" | "models">): vscode.Disposable {
  const set = contextSetter();
  const look = async (): Promise<void> => {
    set("hasFolder", workspace.folder !== undefined);
    set("hasModel", await models.isReady());
  };
  void look();
  return vscode.Disposable.from(workspace.onDidChange(look), models.onDidChange(look));
}

function contextSetter(): (key: string, value: boolean) => void {
  const known = new Map<string, boolean>();
  return (key, value) => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand("setContext", `openhands.${key}`, value);
  };
}
