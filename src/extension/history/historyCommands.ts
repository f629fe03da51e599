import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { ConversationId } from "../../protocol/ids.ts";
import { titleOf } from "../activity/titles.ts";
import type { Chats } from "../chat/chats.ts";
import { type CommandMap, entriesOf } from "../commandMap.ts";
import { stateOf } from "../edits/conversationLog.ts";
import type { WindowHost } from "../servers/switchedHost.ts";
import type { History } from "./history.ts";
import type { HistoryTree } from "./historyTree.ts";

export interface HistoryParts {
  readonly host: WindowHost;
  readonly chats: Chats;
  readonly history: History;
  readonly tree: HistoryTree;
}

interface Named {
  readonly id: ConversationId;
  readonly title?: string | undefined;
}

/** What can be done with conversations: those of the list that are meant, or else the one that is shown. */
export function historyCommands(parts: HistoryParts): CommandMap {
  const { host, chats, tree } = parts;
  const meant = (args: readonly unknown[]): Promise<readonly Named[]> => namesOf(args, parts);
  return {
    openConversation: async (...args) => (tree.isOnlySelecting ? undefined : each(await meant(args), ({ id }) => chats.open(id))),
    openConversationInEditor: async (...args) => each(await meant(args), ({ id }) => chats.openInTab(id)),
    renameConversation: async (...args) => first(await meant(args), (named) => rename(named, host, tree)),
    forkConversation: async (...args) => first(await meant(args), (named) => fork(named, parts)),
    deleteConversation: async (...args) => remove(await meant(args), parts),
    copyConversationId: async (...args) => vscode.env.clipboard.writeText((await meant(args)).map(({ id }) => id).join("\n")),
    refreshConversations: () => tree.refresh(),
    showHistory: () => tree.focus(chats.current.chat.conversationId),
    rename: async () => first(await shown(parts), (named) => rename(named, host, tree)),
    fork: async () => first(await shown(parts), (named) => fork(named, parts)),
    delete: async () => remove(await shown(parts), parts),
  };
}

/** A menu gives the row and all that are selected; a key gives nothing. */
async function namesOf(args: readonly unknown[], { tree, history }: HistoryParts): Promise<readonly Named[]> {
  const given = entriesOf(args, args[0] === undefined ? await tree.rowsForKey() : tree.view.selection);
  const entries = await history.entries();
  return given.flatMap((id) => entries.find((entry) => entry.id === id) ?? []);
}

async function shown({ chats, host }: HistoryParts): Promise<readonly Named[]> {
  const id = chats.current.chat.conversationId;
  if (id === null) throw new Error("No conversation is open. Open one in the list of conversations first.");
  const { title } = await stateOf(host, id);
  return [{ id, title }];
}

async function rename({ id, title }: Named, host: WindowHost, tree: HistoryTree): Promise<void> {
  const given = await vscode.window.showInputBox({
    title: "Rename Conversation",
    value: title ?? "",
    validateInput: (text) =>
      text.trim() === "" ? "The name is missing." : text.trim().length > 200 ? "At most 200 characters." : undefined,
  });
  if (given === undefined || given.trim() === title) return;
  await host.handle({ type: "conversation.rename", conversationId: id, title: given.trim() });
  await tree.refresh();
}

/** A conversation of its own with all events of this one, shown where the person is. */
async function fork({ id }: Named, { host, chats, tree }: HistoryParts): Promise<void> {
  const forkId = ConversationId.parse(randomUUID());
  await host.handle({ type: "conversation.fork", conversationId: id, forkId });
  await chats.open(forkId);
  await tree.refresh();
}

/** At once where it can be taken back; on a server it cannot. */
async function remove(meant: readonly Named[], { host, chats, tree }: HistoryParts): Promise<void> {
  const server = meant.flatMap(({ id }) => host.serverOf?.(id) ?? [])[0];
  if (meant.length === 0 || (server !== undefined && !(await isForGood(meant, server)))) return;
  const shownId = chats.view.chat.conversationId;
  for (const { id } of meant) {
    await host.handle({ type: "conversation.delete", conversationId: id });
    await chats.forget(id);
  }
  await tree.refresh();
  const [only] = meant;
  const what = meant.length === 1 && only ? `“${titleOf(only)}”` : `${meant.length} conversations`;
  if (server !== undefined) return;
  // Not awaited, because the notification may stay for long.
  void vscode.window.showInformationMessage(`Deleted ${what}.`, "Undo").then(async (answer) => {
    if (answer !== "Undo") return;
    for (const { id } of meant) await host.handle({ type: "conversation.restore", conversationId: id });
    const wasShown = meant.some(({ id }) => id === shownId);
    if (wasShown && chats.view.chat.conversationId === null) await chats.view.chat.show(shownId);
    await tree.refresh();
  });
}

async function isForGood(meant: readonly Named[], server: string): Promise<boolean> {
  const [only] = meant;
  const what = meant.length === 1 && only ? `“${titleOf(only)}”` : `${meant.length} conversations`;
  const detail = `It is gone from ${server} for good, for everybody who works there.`;
  return (await vscode.window.showWarningMessage(`Delete ${what}?`, { modal: true, detail }, "Delete")) === "Delete";
}

async function each(meant: readonly Named[], work: (named: Named) => Promise<void>): Promise<void> {
  for (const named of meant) await work(named);
}

async function first(meant: readonly Named[], work: (named: Named) => Promise<void>): Promise<void> {
  const [named] = meant;
  if (named) await work(named);
}
