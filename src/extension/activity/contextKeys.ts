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

/** Tells VS Code what is set up already, for the steps of the walkthrough. */
export class SetupKeys implements vscode.Disposable {
  readonly #parts: Pick<ChatParts, "workspace" | "models">;
  readonly #subscriptions: vscode.Disposable[];
  readonly #set = contextSetter();

  constructor(parts: Pick<ChatParts, "workspace" | "models">) {
    this.#parts = parts;
    this.#subscriptions = [parts.workspace.onDidChange(() => this.#look()), parts.models.onDidChange(() => this.#look())];
    void this.#look();
  }

  /** Opens the walkthrough. */
  async getStarted(extensionId: string): Promise<void> {
    // Because VS Code ticks a step when its key becomes true while it knows the step, and never when it was true before.
    this.#set("hasFolder", false);
    this.#set("hasModel", false);
    await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${extensionId}#start`);
    await this.#look();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #look(): Promise<void> {
    const { workspace, models } = this.#parts;
    this.#set("hasFolder", workspace.folder !== undefined);
    this.#set("hasModel", await models.isReady());
  }
}

function contextSetter(): (key: string, value: boolean) => void {
  const known = new Map<string, boolean>();
  return (key, value) => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand("setContext", `openhands.${key}`, value);
  };
}
