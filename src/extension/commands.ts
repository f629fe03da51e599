import * as vscode from "vscode";
import { messageOf } from "../protocol/thrown.ts";
import type { CommandMap } from "./commandMap.ts";
import type { DiagnosticParts } from "./copyDiagnostics.ts";
import { modelCommands } from "./modelCommands.ts";
import type { PickerParts } from "./modelPicker/picker.ts";
import { openSettings } from "./settings.ts";
import { NotOpenHere, type Workspace } from "./workspace.ts";

export interface CommandParts extends PickerParts, DiagnosticParts {
  /** Those of the chats. */
  readonly commands: CommandMap;
  readonly workspace: Workspace;
  readonly channel: vscode.LogOutputChannel;
}

/** The palette: each command with what it does; a failure is said in a notification with a way on, or to the log. */
export function registerCommands(context: vscode.ExtensionContext, parts: CommandParts): void {
  const commands: CommandMap = {
    ...parts.commands,
    ...modelCommands(parts),
    openDemoWorkspace: () => parts.workspace.openDemo(),
    openSettings: () => openSettings(`@ext:${parts.context.extension.id}`),
    copyDiagnostics: async () => (await import("./copyDiagnostics.ts")).copyDiagnostics(parts),
    showLog: () => parts.channel.show(true),
  };
  for (const [name, run] of Object.entries(commands)) {
    const command = (...args: unknown[]): Promise<void> => guarded(() => run(...args), parts);
    context.subscriptions.push(vscode.commands.registerCommand(`openhands.${name}`, command));
  }
}

async function guarded(run: () => unknown, { channel, workspace }: CommandParts): Promise<void> {
  try {
    await run();
  } catch (error) {
    channel.error("a command failed", String(error));
    if (error instanceof NotOpenHere) return workspace.offerToOpen(error);
    const answer = await vscode.window.showErrorMessage(messageOf(error), "Show Log");
    if (answer === "Show Log") channel.show(true);
  }
}
