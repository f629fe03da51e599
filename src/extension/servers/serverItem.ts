import * as vscode from "vscode";
import type { Servers } from "./servers.ts";

/** Says in the status bar which server the window works on, and tells VS Code for `when` clauses. Hidden on this machine. */
export function keepServerItem(servers: Servers): vscode.Disposable {
  let item: vscode.StatusBarItem | undefined;
  const look = (): void => {
    const { place } = servers;
    void vscode.commands.executeCommand("setContext", "openhands.isOnServer", place !== undefined);
    if (place === undefined) return item?.hide();
    item ??= newItem();
    item.text = `$(server-environment) ${place.name}`;
    item.tooltip = `OpenHands works on ${place.name}, in ${place.folder}`;
    item.accessibilityInformation = { label: item.tooltip };
    item.show();
  };
  look();
  return vscode.Disposable.from(servers.onDidChange(look), { dispose: () => item?.dispose() });
}

function newItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem("openhands.server", vscode.StatusBarAlignment.Left, 0);
  item.name = "OpenHands Server";
  item.command = "openhands.showServer";
  return item;
}
