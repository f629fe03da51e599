import * as vscode from "vscode";
import { Settings } from "../protocol/settings.ts";

const section = "openhands";

/** As they are now; what has a wrong type counts as unset. */
export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration(section);
  return Settings.parse(Object.fromEntries(Object.keys(Settings.shape).map((key) => [key, configuration.get(key)])));
}

/** Into the person's own settings, never the workspace's. */
export async function writeSetting(key: keyof Settings, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
}

/** VS Code's own page of settings, where they are kept: those of the machine on the other end, in a window that works on one. */
export async function openSettings(query: string): Promise<void> {
  const where = vscode.env.remoteName === undefined ? "openSettings" : "openRemoteSettings";
  await vscode.commands.executeCommand(`workbench.action.${where}`, { query });
}
