// What the tests in the extension host begin with: a runtime of this window, and settings for a while.
import * as vscode from "vscode";
import { type LocalRuntime, openLocalRuntime } from "../../src/extension/localRuntime/localRuntime.ts";
import type { Log } from "../../src/protocol/log.ts";

export const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function localRuntime(workingDir: string, folders = [workingDir]): Promise<LocalRuntime> {
  return openLocalRuntime({ workingDir, folders, log, reveal: (terminal) => terminal.show(true) });
}

/** The setting has this value until it is disposed. */
export async function setting(name: string, value: unknown): Promise<AsyncDisposable> {
  const update = (next: unknown): Thenable<void> =>
    vscode.workspace.getConfiguration().update(name, next, vscode.ConfigurationTarget.Global);
  const before = vscode.workspace.getConfiguration().inspect(name)?.globalValue;
  await update(value);
  return { [Symbol.asyncDispose]: async () => update(before) };
}

/** All editors go, and with them what was not saved. */
export async function closeEditors(): Promise<void> {
  for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}
