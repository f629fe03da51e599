import path from "node:path";
import * as vscode from "vscode";
import type { ConversationId, EventId } from "../../protocol/ids.ts";
import type { FileChange } from "../../protocol/progress.ts";
import { type Located, ownPath } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Files } from "../../runtime/runtime.ts";
import { encodeText } from "../../tools/textFile.ts";
import { pathOf, uriOf } from "../localRuntime/windowFiles.ts";
import { agentFiles, belowRoot, isCopy } from "../sandboxes/agentFiles.ts";
import type { Reviews } from "../sandboxes/reviews.ts";
import type { WindowHost } from "../servers/switchedHost.ts";
import { findActed, stateOf } from "./conversationLog.ts";
import { doneEdit, editedPath, proposedText, wholeOutputPath } from "./editTexts.ts";
import { type TextNow, textNow } from "./textNow.ts";
import { virtualUri } from "./virtualTexts.ts";

/** Where a diff is shown, so that it does not cover the chat that it was asked from. */
export type Column = vscode.ViewColumn.Active | vscode.ViewColumn.Beside;

/** The agent's edits in VS Code's own editors: looked at, taken back, reviewed. */
export class Edits implements vscode.Disposable {
  readonly #host: WindowHost;
  readonly #files: Files;
  readonly #reviews: Reviews;
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #listening: vscode.Disposable;
  readonly #ended = new AbortController();
  /** The person has changed the file at this path: an edit was taken back, or a document saved. */
  readonly onDidChangeFile = this.#changed.event;

  constructor(host: WindowHost, files: Files, reviews: Reviews) {
    this.#host = host;
    this.#files = files;
    this.#reviews = reviews;
    this.#listening = vscode.workspace.onDidSaveTextDocument(({ uri }) => this.#changed.fire(pathOf(uri) ?? uri.path));
  }

  /** What one edit did, or, while it waits for an answer, what it would do to the file as it is now where the agent works. */
  async diff(id: ConversationId, actionId: EventId, column: Column): Promise<void> {
    const [acted, state] = await Promise.all([findActed(this.#host, id, actionId), stateOf(this.#host, id)]);
    const done = doneEdit(acted);
    const file = done?.path ?? editedPath(acted);
    if (file === undefined || (acted.result && !done)) throw new Error("This action has changed no file, so there is no diff.");
    const source = { conversation: id, action: actionId };
    const [before, after] = [virtualUri("openhands-before", file, source), virtualUri("openhands-after", file, source)];
    const name = path.basename(file);
    // Because a sandbox may not run any more, and the log knows what was done.
    const server = this.#host.serverOf?.(id);
    if (done && (isCopy(state) || server !== undefined)) return showDiff(before, after, { title: `${name} (edit)`, column });
    if (server !== undefined) throw new Error(`The file is on ${server}: what this edit would make of it cannot be shown here.`);
    const { files, uri } = agentFiles(id, state, { files: this.#files, reviews: this.#reviews });
    const now = await textNow(files, file, this.#ended.signal);
    const shown = uri(file);
    if (done) return showDiff(before, isText(now, done.after) && shown ? shown : after, { title: `${name} (edit)`, column });
    proposedText(acted, now.type === "text" ? now.text : null);
    await showDiff(now.type === "absent" || !shown ? before : shown, after, { title: `${name} (proposed)`, column });
  }

  /**
   * Takes one edit back when nothing has changed in the file since; else it says so and shows what has. On a copy, all changes of the file are
   * discarded instead, when the person agrees.
   */
  async revert(id: ConversationId, actionId: EventId, column: Column): Promise<void> {
    const [acted, state] = await Promise.all([findActed(this.#host, id, actionId), stateOf(this.#host, id)]);
    const done = doneEdit(acted);
    if (done === undefined) throw new Error("This action has changed no file, so there is nothing to take back.");
    if (isCopy(state))
      return void (await vscode.commands.executeCommand("openhands.discardChange", { change: { path: belowRoot(done.path) } }));
    const { before, after } = done;
    const file = ownPath(done.path, state);
    const name = path.basename(done.path);
    if (file === undefined) throw new Error(`${name} is in no folder of the workspace, so it was not taken back.`);
    const now = await this.#now(file);
    if (before === null ? now.type === "absent" : isText(now, before)) throw new Error(`${name} is as it was before this edit already.`);
    if (now.type !== "text" || now.text !== after) {
      const changed = `${name} has changed since this edit, so it was not taken back.`;
      if (now.type !== "text") throw new Error(now.type === "absent" ? `${name} is gone, so this edit was not taken back.` : changed);
      const made = virtualUri("openhands-after", done.path, { conversation: id, action: actionId });
      await showDiff(made, uriOf(file), { title: `${name} (since the edit)`, column });
      throw new Error(`${changed} The diff shows what is different.`);
    }
    if (before === null) await moveToTrash(file);
    else await this.#files.write(file, encodeText(now, before).bytes, { expected: now.version, signal: this.#ended.signal });
    this.#changed.fire(file);
    await this.#tellModel(id, done.path);
  }

  /** All that the conversation has changed in one editor, each file as it was before against how it is now; of a copy, its list of changes. */
  async review(id: ConversationId): Promise<void> {
    const server = this.#host.serverOf?.(id);
    if (server !== undefined) throw new Error(`The changed files are on ${server}. The diff of each edit can be opened in the chat.`);
    const state = await stateOf(this.#host, id);
    if (isCopy(state)) return void (await vscode.commands.executeCommand("openhands.showSandboxChanges"));
    const { progress, title } = state;
    const rows = await Promise.all(progress.changes.map((change) => this.#reviewed(id, change, state)));
    const changed = rows.filter((row) => row !== undefined);
    if (changed.length === 0) throw new Error("This conversation has changed no files by edits, so there is nothing to review.");
    await vscode.commands.executeCommand("vscode.changes", `Changes: ${title ?? "OpenHands"}`, changed);
  }

  /** The whole result of an action in an editor, from the file where it was kept when it was too long. */
  async openResult(id: ConversationId, actionId: EventId, column: Column): Promise<void> {
    const acted = await findActed(this.#host, id, actionId);
    const kept = this.#host.serverOf?.(id) === undefined ? wholeOutputPath(acted) : undefined;
    const uri =
      kept !== undefined && (await isThere(kept))
        ? uriOf(kept)
        : virtualUri("openhands-result", `/${acted.action.tool_name} result.txt`, { conversation: id, action: actionId });
    await vscode.window.showTextDocument(uri, { preview: true, viewColumn: column });
  }

  dispose(): void {
    this.#ended.abort();
    this.#listening.dispose();
    this.#changed.dispose();
  }

  /** Else it would go on as if its edit were there. */
  async #tellModel(conversationId: ConversationId, file: string): Promise<void> {
    const text = `NOTE: the person has taken back your edit of ${file}. The file is again as it was before it.`;
    try {
      await this.#host.handle({ type: "note.add", conversationId, text });
    } catch (error) {
      throw new Error(`${path.basename(file)} was taken back, but the agent cannot be told. ${messageOf(error)}`, { cause: error });
    }
  }

  async #reviewed(id: ConversationId, { path: file, before }: FileChange, state: Located): Promise<ReviewedFile | undefined> {
    const own = ownPath(file, state);
    if (own === undefined) return undefined;
    const now = await this.#now(own);
    if (before === null ? now.type === "absent" : isText(now, before)) return undefined;
    const uri = uriOf(own);
    const old = before === null ? undefined : virtualUri("openhands-before", file, { conversation: id });
    return [uri, old, now.type === "absent" ? undefined : uri];
  }

  #now(file: string): Promise<TextNow> {
    return textNow(this.#files, file, this.#ended.signal);
  }
}

type ReviewedFile = readonly [resource: vscode.Uri, before: vscode.Uri | undefined, after: vscode.Uri | undefined];

const isText = (now: TextNow, text: string): boolean => now.type === "text" && now.text === text;

async function showDiff(
  before: vscode.Uri,
  after: vscode.Uri,
  { title, column }: { readonly title: string; readonly column: Column },
): Promise<void> {
  const options: vscode.TextDocumentShowOptions = { preview: true, preserveFocus: true, viewColumn: column };
  await vscode.commands.executeCommand("vscode.diff", before, after, title, options);
}

async function isThere(file: string): Promise<boolean> {
  return vscode.workspace.fs.stat(uriOf(file)).then(
    () => true,
    () => false,
  );
}

/** By the editor, so that the person can undo it; where files have no trash, that is the only way back. */
async function moveToTrash(file: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.deleteFile(uriOf(file));
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${file} could not be removed. Nothing was changed.`);
}
