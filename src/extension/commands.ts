import * as vscode from "vscode";
import { messageOf } from "../protocol/thrown.ts";
import type { ChatView } from "./chatView.ts";
import type { DiagnosticParts } from "./copyDiagnostics.ts";
import { modelCommands } from "./modelCommands.ts";
import type { TestParts } from "./modelPicker/testModel.ts";
import type { Workspace } from "./workspace.ts";

export interface CommandParts extends TestParts, DiagnosticParts {
  readonly chat: ChatView;
  readonly workspace: Workspace;
  readonly channel: vscode.LogOutputChannel;
}

/** The palette: each command with what it does; a failure is said in a notification with a way to the log. */
export function registerCommands(context: vscode.ExtensionContext, parts: CommandParts): void {
  const commands: Readonly<Record<string, () => unknown>> = {
    startTask: () => startTask(parts),
    newConversation: async () => {
      if (await parts.chat.chat.newConversation()) await parts.chat.reveal();
    },
    stop: () => parts.chat.chat.stop(),
    ...modelCommands(parts),
    openDemoWorkspace: () => parts.workspace.openDemo(),
    copyDiagnostics: async () => (await import("./copyDiagnostics.ts")).copyDiagnostics(parts),
    showLog: () => parts.channel.show(true),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(`openhands.${name}`, () => guarded(run, parts.channel)));
  }
}

async function guarded(run: () => unknown, channel: vscode.LogOutputChannel): Promise<void> {
  try {
    await run();
  } catch (error) {
    channel.error("a command failed", String(error));
    const answer = await vscode.window.showErrorMessage(messageOf(error), "Show Log");
    if (answer === "Show Log") channel.show(true);
  }
}

/** Where no task can begin, the view says why and what to do. */
async function startTask({ chat }: CommandParts): Promise<void> {
  if (!(await chat.chat.isReady())) return chat.reveal();
  const text = await vscode.window.showInputBox({
    title: "OpenHands: Start Task",
    prompt: "What should the agent do in this folder?",
    placeHolder: "Find out why the tests fail and fix it",
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === "" || !(await chat.chat.newConversation())) return;
  await chat.reveal();
  await chat.chat.startTask(text.trim());
}
