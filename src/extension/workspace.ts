import { cp, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import * as vscode from "vscode";
import { isDemoWorkspace, openDemo } from "../llm/demo.ts";
import { workspaceFolders } from "./workspaceFolders.ts";

/** A file of a new demo workspace: by it the extension starts in its window (`activationEvents`) and shows the chat there, once. */
const demoMark = ".openhands-demo";

/** The folder that the agent works in, and whether it may. */
export class Workspace implements vscode.Disposable {
  readonly #demoFolder: string;
  readonly #demoCopies: string;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(demoFolder: string, demoCopies: string) {
    this.#demoFolder = demoFolder;
    this.#demoCopies = demoCopies;
    const fire = (): void => this.#changed.fire();
    this.#subscriptions = [
      this.#changed,
      vscode.workspace.onDidGrantWorkspaceTrust(fire),
      vscode.workspace.onDidChangeWorkspaceFolders(fire),
    ];
  }

  /** Where the agent works; undefined when no folder is open. */
  get folder(): string | undefined {
    return this.folders[0];
  }

  /** All folders of the window that the agent can work in. */
  get folders(): readonly string[] {
    return workspaceFolders().paths;
  }

  get isTrusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  /** Throws a sentence in Restricted Mode: nothing of an untrusted folder is read or run. */
  refuseUntrusted(): void {
    if (!this.isTrusted) throw new Error("This folder is in Restricted Mode. Trust it to let an agent work in it.");
  }

  /** Whether `folder` is open in this window, or lies in one that is. */
  has(folder: string): boolean {
    return this.folders.some((open) => !relative(open, folder).split(/[\\/]/).includes("..") && relative(open, folder) !== folder);
  }

  /** Throws a sentence where the agent may not act for a conversation that works in `folder`. */
  refuseElsewhere(folder: string | undefined): void {
    if (folder !== undefined && !this.has(folder)) throw new NotOpenHere(folder);
    this.refuseUntrusted();
  }

  /** A refusal with the way out of it. */
  async offerToOpen({ message, folder }: NotOpenHere): Promise<void> {
    const open = "Open Folder";
    if ((await vscode.window.showInformationMessage(message, open)) !== open) return;
    await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(folder), { forceNewWindow: this.folder !== undefined });
  }

  /** The recorded task, where the folder is a copy of the sample workspace; undefined elsewhere. */
  async demoTask(): Promise<string | undefined> {
    const { folder } = this;
    if (folder === undefined || !this.isTrusted || !(await isDemoWorkspace(this.#demoFolder, folder))) return undefined;
    const { task } = await openDemo({ folder: this.#demoFolder, workingDir: folder, wordDelayMs: 0 });
    return task;
  }

  /** Opens a fresh copy of the sample workspace: in this window when it is empty, else in a new one. */
  async openDemo(): Promise<void> {
    const copy = join(this.#demoCopies, `calendar-${Date.now().toString(36)}`);
    await cp(join(this.#demoFolder, "workspace"), copy, { recursive: true });
    await writeFile(join(copy, demoMark), "");
    await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(copy), { forceNewWindow: this.folder !== undefined });
  }

  /** Whether this window was just opened by "Open Demo Workspace"; true once. */
  async isFreshDemo(): Promise<boolean> {
    const { folder } = this;
    if (folder === undefined || dirname(folder) !== this.#demoCopies) return false;
    return unlink(join(folder, demoMark)).then(
      () => true,
      () => false,
    );
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** A conversation that works in another folder can be read here; the agent acts only where the person has opened and trusted it. */
export class NotOpenHere extends Error {
  override readonly name = "NotOpenHere";
  readonly folder: string;

  constructor(folder: string) {
    super(`This conversation works in ${basename(folder)}, which is not open here. Nothing was sent. Open the folder to go on: ${folder}`);
    this.folder = folder;
  }
}
