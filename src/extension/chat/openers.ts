import * as vscode from "vscode";
import type { ChatRequest } from "../../protocol/chat.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ConversationState } from "../../protocol/state.ts";
import type { Column } from "../edits/edits.ts";
import { uriOf } from "../localRuntime/windowFiles.ts";
import { agentFileUri } from "../sandboxes/agentFiles.ts";
import type { ChatParts } from "./chatParts.ts";

export type OpenRequest = Extract<
  ChatRequest,
  { type: "link.open" | "file.open" | "terminal.show" | "edit.diff" | "edit.revert" | "result.open" }
>;

/** The chat that something is opened from. */
export interface OpenedFrom extends Pick<ChatParts, "edits" | "terminals" | "workspace" | "reviews" | "host"> {
  readonly id: ConversationId | null;
  readonly state: ConversationState;
  readonly column: Column;
}

/** Shows what the page asks for, elsewhere than in the chat. */
export async function openFor(request: OpenRequest, from: OpenedFrom): Promise<void> {
  const { id, state, column, edits, terminals, workspace, reviews } = from;
  if (request.type === "link.open") return openLink(request.url);
  const server = id === null ? undefined : from.host.serverOf?.(id);
  if (server !== undefined && (request.type === "file.open" || request.type === "terminal.show" || request.type === "edit.revert"))
    throw new Error(onlyThere(server));
  if (request.type === "file.open")
    return openFile(id === null ? uriOf(request.path) : await agentFileUri(id, request.path, state, reviews), request.line);
  if (id === null) return;
  switch (request.type) {
    case "terminal.show":
      return terminals.show(id);
    case "edit.diff":
      return edits.diff(id, request.actionId, column);
    case "edit.revert":
      workspace.refuseElsewhere(state.working_dir);
      return edits.revert(id, request.actionId, column);
    case "result.open":
      return edits.openResult(id, request.actionId, column);
  }
}

/** What cannot be done with files and terminals that are not on this machine. */
export const onlyThere = (server: string): string => `Files and terminals of this conversation are on ${server}, not on this machine.`;

/** VS Code asks the person before it opens an address that is not trusted. */
async function openLink(url: string): Promise<void> {
  const uri = vscode.Uri.parse(url, true);
  if (uri.scheme !== "http" && uri.scheme !== "https") throw new Error("Only http and https links are opened.");
  await vscode.env.openExternal(uri);
}

/** Shows the file in an editor, or the folder in the Explorer; the person has clicked, so it may have the keyboard. */
async function openFile(uri: vscode.Uri, line: number | undefined): Promise<void> {
  const isOurs = uri.scheme.startsWith("openhands-");
  const found = isOurs ? undefined : await statOrUndefined(uri);
  if (found === undefined && !isOurs) throw new Error(`There is nothing at ${uri.fsPath} any more.`);
  if (found && found.type & vscode.FileType.Directory) return void (await vscode.commands.executeCommand("revealInExplorer", uri));
  const at = line === undefined ? undefined : new vscode.Position(line - 1, 0);
  // Not as a text, because the person may have another editor for such files.
  await vscode.commands.executeCommand("vscode.open", uri, { preview: true, ...(at ? { selection: new vscode.Range(at, at) } : {}) });
}

async function statOrUndefined(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    // Because whatever keeps it from being looked at keeps it from being shown.
    return undefined;
  }
}
