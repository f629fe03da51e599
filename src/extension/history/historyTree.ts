import { setTimeout } from "node:timers/promises";
import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Activities } from "../activity/activities.ts";
import { titleOf } from "../activity/titles.ts";
import type { Servers } from "../servers/servers.ts";
import type { Workspace } from "../workspace.ts";
import type { History } from "./history.ts";
import { descriptionOf, type HistoryEntry, type Standing, spokenOf, standingOf, tooltipOf } from "./historyWords.ts";

/** What the tree is made of: a conversation, or the group of those that work in folders which are not open here. */
export type HistoryNode = HistoryEntry | OtherFolders;
interface OtherFolders {
  readonly entries: readonly HistoryEntry[];
}

interface TreeParts {
  readonly workspace: Workspace;
  readonly servers: Pick<Servers, "place" | "onDidChange">;
  readonly log: Log;
}

/** Other windows are looked at so often while the person can see the list; what happens in this one is told at once. */
const lookMs = 30_000;
/** VS Code opens a row that was selected by a key after at most so long. */
const selectingMs = 500;
/** A row is not there while VS Code draws the list anew: so often it is looked for again, and after so long. */
const revealTries = 5;
const drawingMs = 100;

/**
 * The conversations as a tree. Those of this window's folders come first and flat, because they are what a person looks for; all others are
 * in one folded group below, so that they are never in the way. Without a folder the list is flat.
 */
export class HistoryTree implements vscode.TreeDataProvider<HistoryNode>, vscode.Disposable {
  static readonly id = "openhands.history";
  readonly view: vscode.TreeView<HistoryNode>;
  readonly #history: History;
  readonly #workspace: Workspace;
  readonly #servers: TreeParts["servers"];
  readonly #log: Log;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;
  #selectingUntil = 0;
  #url: string | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(history: History, activities: Activities, { workspace, servers, log }: TreeParts) {
    this.#history = history;
    this.#workspace = workspace;
    this.#servers = servers;
    this.#url = servers.place?.url;
    this.#log = log;
    this.view = vscode.window.createTreeView(HistoryTree.id, { treeDataProvider: this, canSelectMany: true, showCollapseAll: false });
    this.#subscriptions = [
      this.#changed,
      this.view,
      this.view.onDidChangeVisibility(() => this.#look()),
      vscode.window.onDidChangeWindowState(() => this.#look()),
      workspace.onDidChange(() => this.#changed.fire()),
      servers.onDidChange(() => this.#serverChanged()),
      activities.onDidChange(({ id }) => {
        if (this.#history.has(id)) this.#changed.fire();
        else void this.refresh();
      }),
    ];
  }

  /** Reads the list anew and draws it; what goes wrong is in the log. */
  async refresh(): Promise<void> {
    if (!this.view.visible) return;
    try {
      await this.#history.read();
      this.view.message = "";
    } catch (error) {
      this.#log.error("the conversations could not be listed", { error: String(error) });
      this.view.message = this.#servers.place
        ? messageOf(error)
        : "The conversations could not be read. Nothing of them is lost; the log says more.";
    }
    this.#changed.fire();
  }

  /** Puts the keyboard on this conversation, or else on the first: VS Code does not by itself while a list is being read. */
  async focus(id: string | null): Promise<void> {
    await vscode.commands.executeCommand(`${HistoryTree.id}.focus`);
    for (let left = revealTries; left > 0 && !(await this.#reveal(id)); left--) await setTimeout(drawingMs);
  }

  /**
   * The rows that a key is for: all that are selected, or else the one that has the keyboard. VS Code tells of that one only once it is
   * selected, and opens it then; see `isOnlySelecting`.
   */
  async rowsForKey(): Promise<readonly HistoryNode[]> {
    if (this.view.selection.length > 1) return this.view.selection;
    this.#selectingUntil = performance.now() + selectingMs;
    await vscode.commands.executeCommand("list.selectAndPreserveFocus");
    return this.view.selection;
  }

  /** A row is selected because of a key, and is not to be opened. */
  get isOnlySelecting(): boolean {
    return performance.now() < this.#selectingUntil;
  }

  /** Only what is at the top is ever revealed. */
  getParent(): undefined {
    return undefined;
  }

  async getChildren(parent?: HistoryNode): Promise<HistoryNode[]> {
    if (parent) return "entries" in parent ? [...parent.entries] : [];
    // Why there are none is said by who reads them, above the list.
    const all = await this.#history.entries().catch(() => []);
    if (this.#workspace.folder === undefined) return [...all];
    const here = all.filter((entry) => this.#isHere(entry));
    const others = all.filter((entry) => !this.#isHere(entry));
    return others.length === 0 ? here : [...here, { entries: others }];
  }

  getTreeItem(node: HistoryNode): vscode.TreeItem {
    return "entries" in node ? groupItem(node) : conversationItem(node, this.#isHere(node));
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** False: VS Code draws the list anew, and knows no rows meanwhile. */
  async #reveal(id: string | null): Promise<boolean> {
    const all = await this.getChildren();
    const node = all.find((entry) => "id" in entry && entry.id === id) ?? all[0];
    if (node === undefined) return true;
    return this.view.reveal(node, { focus: true, select: true }).then(
      () => true,
      (error: unknown) => {
        this.#log.info("a row of the list could not be shown yet", { error: String(error) });
        return false;
      },
    );
  }

  /** None of another server, or of this machine, stays in the list when the new one does not answer. */
  #serverChanged(): void {
    const { url } = this.#servers.place ?? {};
    if (url !== this.#url) this.#history.forget();
    this.#url = url;
    this.#changed.fire();
    void this.refresh();
  }

  /** The folders of a server are not those of the window. */
  #isHere({ working_dir }: HistoryEntry): boolean {
    return this.#servers.place !== undefined || working_dir === undefined || this.#workspace.has(working_dir);
  }

  /** Looks at the other windows' while the person can see it, and not otherwise. */
  #look(): void {
    clearInterval(this.#timer);
    if (!this.view.visible || !vscode.window.state.focused) return;
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), lookMs);
  }
}

function groupItem({ entries }: OtherFolders): vscode.TreeItem {
  const item = new vscode.TreeItem("Other Folders", vscode.TreeItemCollapsibleState.Collapsed);
  item.id = "otherFolders";
  item.description = String(entries.length);
  item.iconPath = vscode.ThemeIcon.Folder;
  return item;
}

function conversationItem(entry: HistoryEntry, isHere: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(titleOf(entry));
  const standing = standingOf(entry);
  item.id = entry.id;
  item.description = descriptionOf(entry, isHere);
  item.tooltip = tooltipOf(entry);
  item.iconPath = iconOf(standing);
  item.contextValue = standing === "elsewhere" || standing === "away" ? "conversation.readOnly" : "conversation";
  item.accessibilityInformation = { label: spokenOf(entry) };
  item.command = { command: "openhands.openConversation", title: "Open", arguments: [entry] };
  return item;
}

function iconOf(standing: Standing): vscode.ThemeIcon {
  const { icon, color } = icons[standing];
  return color === undefined ? new vscode.ThemeIcon(icon) : new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

const icons: Readonly<Record<Standing, { readonly icon: string; readonly color?: string }>> = {
  running: { icon: "sync~spin" },
  asking: { icon: "bell-dot", color: "list.warningForeground" },
  elsewhere: { icon: "eye" },
  away: { icon: "debug-disconnect" },
  finished: { icon: "check" },
  paused: { icon: "debug-pause" },
  failed: { icon: "error", color: "list.errorForeground" },
  idle: { icon: "comment" },
};
