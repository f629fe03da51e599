import { cp } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { isDemoWorkspace, openDemo } from "../llm/demo.ts";

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

  /** The first folder of the window that is on this machine's disk; undefined when there is none. */
  get folder(): string | undefined {
    return vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
  }

  get isTrusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  /** Throws a sentence in Restricted Mode: nothing of an untrusted folder is read or run. */
  refuseUntrusted(): void {
    if (!this.isTrusted) throw new Error("This folder is in Restricted Mode. Trust it to let an agent work in it.");
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
    await vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.file(copy), { forceNewWindow: this.folder !== undefined });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
