import * as vscode from "vscode";
import type { Share } from "../../server/sharing/share.ts";
import { age } from "../activity/age.ts";
import { titleOf } from "../activity/titles.ts";
import type { CommandMap } from "../commandMap.ts";
import type { History } from "../history/history.ts";
import type { Workspace } from "../workspace.ts";
import type { Sharing } from "./sharing.ts";

export interface SharingParts {
  readonly sharing: Sharing;
  readonly history: Pick<History, "entries">;
  readonly workspace: Workspace;
}

/** Sharing this window's host, and what can be done about it. */
export function sharingCommands(parts: SharingParts): CommandMap {
  return {
    shareHost: () => shareHost(parts),
    showSharing: () => showSharing(parts),
    stopSharing: () => stopSharing(parts),
  };
}

const mayDo =
  "Whoever has the key can read the conversations of this machine, send messages to their agents, pause and stop them, and answer what they ask. They cannot begin conversations, read files or run commands themselves. It is reached from this machine only, and ends with this window.";

async function shareHost({ sharing, workspace }: SharingParts): Promise<void> {
  if (sharing.current) return void (await vscode.commands.executeCommand("openhands.showSharing"));
  workspace.refuseUntrusted();
  const shares = "Share";
  if ((await vscode.window.showWarningMessage("Share this host?", { modal: true, detail: mayDo }, shares)) !== shares) return;
  await showOnce(await sharing.start());
}

interface Copy extends vscode.MessageItem {
  readonly text?: string;
  readonly said?: string;
}

/** The key is shown this one time: it is kept nowhere. */
async function showOnce({ url, key }: Share): Promise<void> {
  const copies: readonly Copy[] = [
    { title: "Copy Key", text: key, said: "The key was copied." },
    { title: "Copy Address", text: url, said: "The address was copied." },
    { title: "Done", isCloseAffordance: true },
  ];
  const detail = `Key: ${key}\n\nThe key is shown only now. In another window: OpenHands: Connect to Server…`;
  for (;;) {
    const answer = await vscode.window.showInformationMessage(`Shared at ${url}`, { modal: true, detail }, ...copies);
    if (answer?.text === undefined) return;
    await vscode.env.clipboard.writeText(answer.text);
    vscode.window.setStatusBarMessage(answer.said ?? "", 3000);
  }
}

async function showSharing({ sharing, history }: SharingParts): Promise<void> {
  const share = sharing.current;
  if (share === undefined) throw new Error("This host is not shared.");
  const entries = await history.entries();
  const clients = share.clients.map(({ conversationId, since, asking }) => {
    const entry = entries.find(({ id }) => id === conversationId);
    const what = entry ? titleOf(entry) : asking ? "The list of conversations" : "A conversation";
    return asking
      ? { label: `$(eye) ${what}`, description: `read ${sinceWords(asking.last)}${asking.name === "" ? "" : ` by ${asking.name}`}` }
      : { label: `$(person) ${what}`, description: `followed since ${sinceWords(since)}` };
  });
  const stop = { label: "$(circle-slash) Stop Sharing", description: share.url };
  const title = `Shared at ${share.url}: ${countWords(share.clients.length)}`;
  const picked = await vscode.window.showQuickPick([stop, ...clients], { title, placeHolder: "Who follows or reads which conversation" });
  if (picked === stop) await vscode.commands.executeCommand("openhands.stopSharing");
}

async function stopSharing({ sharing }: SharingParts): Promise<void> {
  if (sharing.current === undefined) return;
  await sharing.stop();
  void vscode.window.showInformationMessage("This host is not shared any more. Its key opens nothing; what runs goes on.");
}

function sinceWords(since: number): string {
  const ago = age(new Date(since).toISOString());
  return ago === "now" ? "just now" : `${ago} ago`;
}

/** How many follow, in words. */
export function countWords(count: number): string {
  return count === 1 ? "1 client" : `${count} clients`;
}

/** Says in the status bar that the host is shared, and with how many; hidden otherwise. */
export function keepSharingItem(sharing: Sharing): vscode.Disposable {
  let item: vscode.StatusBarItem | undefined;
  const look = (): void => {
    const share = sharing.current;
    void vscode.commands.executeCommand("setContext", "openhands.isShared", share !== undefined);
    if (share === undefined) return item?.hide();
    item ??= newItem();
    const words = countWords(share.clients.length);
    item.text = `$(broadcast) Shared · ${words}`;
    item.tooltip = `OpenHands is shared at ${share.url} with ${words}. Click to see them, or to stop.`;
    item.accessibilityInformation = { label: `OpenHands is shared with ${words}` };
    item.show();
  };
  look();
  return vscode.Disposable.from(sharing.onDidChange(look), { dispose: () => item?.dispose() });
}

function newItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem("openhands.sharing", vscode.StatusBarAlignment.Left, 0);
  item.name = "OpenHands Sharing";
  item.command = "openhands.showSharing";
  return item;
}
