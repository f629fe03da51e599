import * as vscode from "vscode";
import type { ChangeList, ShownChange } from "./changeList.ts";
import { contextOf, countWords, descriptionOf, markOf, nameOf, spokenOf, tooltipOf } from "./changeWords.ts";

/** For icons and colours only: nothing is ever opened under such an address. */
const rowScheme = "openhands-change";

/** What a sandbox has changed, drawn as VS Code draws the changes of a repository. */
export class ChangesTree implements vscode.TreeDataProvider<ShownChange>, vscode.FileDecorationProvider, vscode.Disposable {
  static readonly id = "openhands.changes";
  readonly view: vscode.TreeView<ShownChange>;
  readonly #list: ChangeList;
  readonly #drawn = new vscode.EventEmitter<void>();
  readonly #decorated = new vscode.EventEmitter<vscode.Uri[]>();
  readonly #subscriptions: vscode.Disposable[];
  #marked: readonly vscode.Uri[] = [];
  readonly onDidChangeTreeData = this.#drawn.event;
  readonly onDidChangeFileDecorations = this.#decorated.event;

  constructor(list: ChangeList) {
    this.#list = list;
    this.view = vscode.window.createTreeView(ChangesTree.id, { treeDataProvider: this, canSelectMany: true, showCollapseAll: false });
    this.#subscriptions = [
      this.#drawn,
      this.#decorated,
      this.view,
      vscode.window.registerFileDecorationProvider(this),
      this.view.onDidChangeVisibility(({ visible }) => list.seen(visible)),
      list.onDidChange(() => this.#draw()),
    ];
    list.seen(this.view.visible);
  }

  async getChildren(parent?: ShownChange): Promise<ShownChange[]> {
    return parent === undefined ? [...this.#list.changes] : [];
  }

  getTreeItem(shown: ShownChange): vscode.TreeItem {
    const { change } = shown;
    const item = new vscode.TreeItem(nameOf(change.path));
    item.id = change.path;
    item.description = descriptionOf(change);
    item.tooltip = tooltipOf(change);
    item.resourceUri = rowUri(shown);
    item.iconPath = vscode.ThemeIcon.File;
    item.contextValue = contextOf(change);
    item.accessibilityInformation = { label: spokenOf(change) };
    item.command = { command: "openhands.openChange", title: "Open Change", arguments: [shown] };
    return item;
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== rowScheme) return undefined;
    const change = this.#list.changes.find((shown) => rowUri(shown).toString() === uri.toString())?.change;
    if (change === undefined) return undefined;
    const { letter, color, words } = markOf(change);
    return new vscode.FileDecoration(letter, words, new vscode.ThemeColor(color));
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #draw(): void {
    const { known, listing, changes } = this.#list;
    if (listing) void vscode.window.withProgress({ location: { viewId: ChangesTree.id } }, () => listing);
    const more = known.type === "listed" ? known.list.more : 0;
    const count = changes.filter(({ change }) => change.standing !== "same").length + more;
    this.view.message = known.type === "failed" ? known.why : more > 0 ? `${countWords(more)} more changed and are not listed.` : "";
    this.view.description = count === 0 ? "" : countWords(count);
    this.view.badge = count === 0 ? undefined : { value: count, tooltip: `${countWords(count)} changed in the sandbox and not applied` };
    void vscode.commands.executeCommand("setContext", "openhands.hasListedChanges", known.type === "listed");
    const marked = changes.map(rowUri);
    this.#decorated.fire([...this.#marked, ...marked]);
    this.#marked = marked;
    this.#drawn.fire();
  }
}

/** Its name gives the icon; what it stands for is asked for by all of it. */
const rowUri = ({ sandbox, change }: ShownChange): vscode.Uri =>
  vscode.Uri.from({ scheme: rowScheme, authority: sandbox.id, path: `/${change.path}` });
