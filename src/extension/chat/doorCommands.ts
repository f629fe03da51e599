import * as vscode from "vscode";
import { demoModel } from "../../llm/demo.ts";
import type { DoorCommand } from "../../protocol/chat.ts";
import type { Models } from "../models.ts";

/** Runs the command behind a button of the page. */
export async function runDoorCommand(command: DoorCommand, { models }: { readonly models: Models }): Promise<void> {
  if (command === "useDemoModel") return models.select(demoModel);
  await vscode.commands.executeCommand(doorCommands[command]);
}

export const doorCommands: Readonly<Record<Exclude<DoorCommand, "useDemoModel">, string>> = {
  newConversation: "openhands.newConversation",
  showHistory: "openhands.showHistory",
  selectMode: "openhands.selectMode",
  openInEditor: "openhands.openInEditor",
  openSettings: "openhands.openSettings",
  reviewChanges: "openhands.reviewChanges",
  raiseLimits: "openhands.raiseLimits",
  selectRuntime: "openhands.selectRuntime",
  reconnectServer: "openhands.reconnectServer",
  setApiKey: "openhands.setApiKey",
  selectModel: "openhands.selectModel",
  openDemoWorkspace: "openhands.openDemoWorkspace",
  showLog: "openhands.showLog",
  openFolder: "workbench.action.files.openFolder",
  manageTrust: "workbench.trust.manage",
};
