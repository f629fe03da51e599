import * as vscode from "vscode";
import { isRunning } from "../activity/activities.ts";
import type { CommandMap } from "../commandMap.ts";
import { pathOf } from "../localRuntime/windowFiles.ts";
import { changeCommands } from "./changeCommands.ts";
import { ChangeList } from "./changeList.ts";
import { ChangesTree } from "./changesTree.ts";
import type { Reviews } from "./reviews.ts";
import { type RuntimeParts, runtimeCommands } from "./runtimeCommands.ts";
import { SandboxTexts } from "./sandboxTexts.ts";
import { ShownSandbox } from "./shownSandbox.ts";

export interface SandboxViewParts extends RuntimeParts {
  readonly reviews: Reviews;
}

/** All by which a window shows sandboxes and their changes. */
export function openSandboxViews(context: vscode.ExtensionContext, parts: SandboxViewParts): CommandMap {
  const { chats, activities, sandboxes, reviews, host, workspace } = parts;
  const shown = new ShownSandbox(chats);
  const list = new ChangeList({ shown, reviews, sandboxes, log: parts.log });
  const texts = new SandboxTexts(reviews);
  const tree = new ChangesTree(list);
  context.subscriptions.push(
    shown,
    list,
    texts,
    tree,
    keepSandboxKeys(shown),
    chats.onDidStep(() => list.mayDiffer()),
    sandboxes.onDidChange((id) => list.mayDiffer(id)),
    activities.onDidChange(({ id, before, now }) => {
      if (before && isRunning(before) && !(now && isRunning(now))) list.mayDiffer(id);
    }),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      const path = pathOf(uri);
      if (path !== undefined && workspace.has(path)) list.mayDiffer();
    }),
  );
  return { ...runtimeCommands(parts), ...changeCommands({ host, workspace, list, tree, reviews, texts }) };
}

/** Tells VS Code what the sandbox in view can do, for `when` clauses and enablement. */
function keepSandboxKeys(shown: ShownSandbox): vscode.Disposable {
  const look = (): void => {
    const ref = shown.current?.ref;
    set("isInSandbox", ref !== undefined);
    set("hasSandboxNetwork", ref !== undefined && ref.network !== "none");
    set("hasSandboxCopy", ref?.workspace === "copy");
  };
  look();
  return shown.onDidChange(look);
}

function set(key: string, value: boolean): void {
  void vscode.commands.executeCommand("setContext", `openhands.${key}`, value);
}
