import * as vscode from "vscode";
import type { PickerParts } from "./modelPicker/picker.ts";

/** The palette's commands for models and keys; their code is loaded when one of them runs. */
export function modelCommands(parts: PickerParts): Readonly<Record<string, () => Promise<void>>> {
  return {
    selectModel: async () => (await import("./modelPicker/picker.ts")).selectModel(parts),
    testModel: async () => {
      const { current } = parts.models;
      if (current) return (await import("./modelPicker/testModel.ts")).testModel(parts, current);
      const answer = await vscode.window.showInformationMessage("There is no model to test yet.", "Select Model…");
      if (answer) await vscode.commands.executeCommand("openhands.selectModel");
    },
    setApiKey: async () => (await import("./modelPicker/keyCommands.ts")).setApiKey(parts),
    removeApiKey: async () => (await import("./modelPicker/keyCommands.ts")).removeApiKey(parts),
  };
}
