import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import { Activities } from "../activity/activities.ts";
import { Announcements } from "../activity/announcements.ts";
import { keepBadge } from "../activity/badge.ts";
import { keepContextKeys, SetupKeys } from "../activity/contextKeys.ts";
import { StatusItem } from "../activity/statusItem.ts";
import type { CommandMap } from "../commandMap.ts";
import { conversationCommands } from "../conversationCommands.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import { Edits } from "../edits/edits.ts";
import { Proposals } from "../edits/proposals.ts";
import { registerVirtualTexts } from "../edits/virtualTexts.ts";
import { Highlighter } from "../highlighter/highlighter.ts";
import { History } from "../history/history.ts";
import { historyCommands } from "../history/historyCommands.ts";
import { HistoryTree } from "../history/historyTree.ts";
import { windowFiles } from "../localRuntime/windowFiles.ts";
import type { Models } from "../models.ts";
import { policyCommands } from "../policyCommands.ts";
import { openSandboxViews } from "../sandboxes/openSandboxViews.ts";
import { Reviews } from "../sandboxes/reviews.ts";
import { serverCommands } from "../servers/serverCommands.ts";
import { keepServerItem } from "../servers/serverItem.ts";
import type { Servers } from "../servers/servers.ts";
import type { WindowHost } from "../servers/switchedHost.ts";
import type { Sharing } from "../sharing/sharing.ts";
import { keepSharingItem, sharingCommands } from "../sharing/sharingCommands.ts";
import type { AgentTerminals } from "../terminals/agentTerminals.ts";
import type { Workspace } from "../workspace.ts";
import { Chats } from "./chats.ts";
import { ChatTab } from "./chatTab.ts";
import { ChatView } from "./chatView.ts";
import { Drafts } from "./drafts.ts";
import { FileFinder } from "./fileFinder.ts";

export interface WindowParts {
  readonly host: WindowHost;
  readonly servers: Servers;
  readonly sharing: Sharing;
  readonly models: Models;
  readonly workspace: Workspace;
  readonly terminals: AgentTerminals;
  readonly sandboxes: DockerRuntimes;
  readonly log: Log;
}

export interface OpenChats {
  readonly chats: Chats;
  /** What can be done with conversations, for the palette. */
  readonly commands: CommandMap;
}

/** All by which VS Code shows conversations: chats, the list of them, their edits, and what asks for attention. */
export function openChats(context: vscode.ExtensionContext, parts: WindowParts): OpenChats {
  const { host, models, workspace, log } = parts;
  const { extensionUri, workspaceState: memento } = context;
  const files = windowFiles();
  const reviews = new Reviews(parts.sandboxes);
  const activities = new Activities(host);
  const edits = new Edits(host, files, reviews);
  const drafts = new Drafts(memento);
  const finder = new FileFinder(workspace);
  const highlighter = new Highlighter(vscode.Uri.joinPath(extensionUri, "dist", "highlighter.cjs").fsPath, log);
  const chats = new Chats({ ...parts, extensionUri, memento, activities, edits, drafts, finder, highlighter, files, reviews });
  const history = new History(host, activities);
  const setupKeys = new SetupKeys({ workspace, models });
  const tree = new HistoryTree(history, activities, { workspace, servers: parts.servers, log });
  context.subscriptions.push(
    reviews,
    activities,
    edits,
    chats,
    tree,
    highlighter,
    registerVirtualTexts(host, files, reviews),
    new StatusItem(activities),
    new Proposals({ host, activities, chats, edits, models, log }),
    new Announcements(activities, { chats, models, log }),
    keepBadge(activities, chats.view, tree.view),
    keepContextKeys(activities, chats),
    keepServerItem(parts.servers),
    keepSharingItem(parts.sharing),
    setupKeys,
    vscode.window.registerWebviewViewProvider(ChatView.id, chats.view),
    vscode.window.registerWebviewPanelSerializer(ChatTab.viewType, chats),
  );
  void workspace.isFreshDemo().then((isFresh) => (isFresh ? chats.focus() : undefined));
  const commands = {
    ...conversationCommands({ host, chats, activities, edits, workspace }),
    ...historyCommands({ host, chats, history, tree }),
    ...sharingCommands({ sharing: parts.sharing, history, workspace }),
    ...serverCommands({ servers: parts.servers, chats }),
    ...policyCommands({ host, chats, models, servers: parts.servers }),
    ...openSandboxViews(context, { ...parts, chats, activities, reviews }),
    getStarted: () => setupKeys.getStarted(context.extension.id),
  };
  return { chats, commands };
}
