import * as vscode from "vscode";
import type { ListedSandbox } from "../../runtime/docker/sandboxes.ts";
import { age } from "../activity/age.ts";
import { titleOf } from "../activity/titles.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import type { RuntimeParts } from "./runtimeCommands.ts";

const patienceMs = 30_000;

/** The sandboxes of this machine's conversations; the one that is chosen is opened with its conversation. */
export async function listSandboxes({ sandboxes, host, chats }: RuntimeParts): Promise<void> {
  const looking = { location: vscode.ProgressLocation.Window, title: "Listing sandboxes" };
  const [found, conversations] = await vscode.window.withProgress(looking, () =>
    Promise.all([sandboxes.list(AbortSignal.timeout(patienceMs)), host.list()]),
  );
  if (found.length === 0) return void vscode.window.showInformationMessage("There are no sandboxes.");
  const items = found.map((sandbox) => {
    const conversation = conversations.find(({ id }) => id === sandbox.conversationId);
    const label = conversation === undefined ? "A conversation that is gone" : titleOf(conversation);
    return { label: `$(${sandbox.isRunning ? "vm-running" : "vm-outline"}) ${label}`, ...sandboxWords(sandbox), id: conversation?.id };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: "Sandboxes",
    placeHolder: "Open the conversation of a sandbox",
    matchOnDescription: true,
  });
  if (picked?.id !== undefined) await chats.open(picked.id);
}

function sandboxWords({ image, isRunning, createdAt, hasWorkspace }: ListedSandbox): {
  readonly description: string;
  readonly detail: string;
} {
  const kept = hasWorkspace ? "its workspace is kept" : "nothing of it is kept";
  return { description: image, detail: `${isRunning ? "Running" : "Not running"}, ${kept}, made ${age(createdAt)}` };
}

/** Removes what no conversation needs; nothing of one that is still there. */
export async function pruneSandboxes(sandboxes: DockerRuntimes): Promise<void> {
  const pruning = { location: vscode.ProgressLocation.Notification, title: "Removing sandboxes without a conversation" };
  const removed = await vscode.window.withProgress(pruning, () => sandboxes.prune(AbortSignal.timeout(patienceMs)));
  const words =
    removed.length === 0 ? "No sandbox was left over." : `Removed ${removed.length === 1 ? "1 sandbox" : `${removed.length} sandboxes`}.`;
  void vscode.window.showInformationMessage(words);
}
