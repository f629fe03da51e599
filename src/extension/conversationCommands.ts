import * as vscode from "vscode";
import type { ConversationId } from "../protocol/ids.ts";
import { type Activities, isRunning, needsPerson } from "./activity/activities.ts";
import { clock, millisecondsSince } from "./activity/age.ts";
import { titleOf } from "./activity/titles.ts";
import type { Chats } from "./chat/chats.ts";
import type { CommandMap } from "./commandMap.ts";
import type { Edits } from "./edits/edits.ts";
import { placeOf, selectionText } from "./references.ts";
import type { WindowHost } from "./servers/switchedHost.ts";
import type { Workspace } from "./workspace.ts";

export interface ConversationParts {
  readonly host: WindowHost;
  readonly chats: Chats;
  readonly activities: Activities;
  readonly edits: Edits;
  readonly workspace: Workspace;
}

/** What the palette does with the chat that the person works in. */
export function conversationCommands(parts: ConversationParts): CommandMap {
  const { host, chats, edits, workspace } = parts;
  const run = (type: "run.start" | "run.pause" | "run.interrupt") => async () => {
    const conversationId = idShown(chats);
    if (type === "run.start" && host.serverOf?.(conversationId) === undefined)
      workspace.refuseElsewhere(parts.activities.get(conversationId)?.working_dir);
    await host.handle({ type, conversationId });
  };
  return {
    startTask: () => startTask(chats),
    newConversation: () => chats.openNew(),
    newConversationInEditor: () => chats.openInTab(null),
    openInEditor: () => chats.openInTab(chats.current.chat.conversationId),
    focusChat: () => chats.focus(),
    stop: run("run.interrupt"),
    pause: run("run.pause"),
    continue: run("run.start"),
    allow: () => chats.current.chat.tell({ type: "answer", accept: true }),
    reject: () => chats.current.chat.tell({ type: "answer", accept: false }),
    previousMessage: () => chats.current.chat.tell({ type: "move", to: "previousMessage" }),
    nextMessage: () => chats.current.chat.tell({ type: "move", to: "nextMessage" }),
    nextPart: () => chats.current.chat.tell({ type: "move", to: "nextPart" }),
    reviewChanges: () => edits.review(idShown(chats)),
    showActivity: () => showActivity(parts),
    addSelection: () => addSelection(chats, workspace),
    addFile: (...args) => addFiles(args, chats, workspace),
  };
}

/** Throws a sentence where there is nothing to work with. */
export function idShown(chats: Chats): ConversationId {
  const id = chats.current.chat.conversationId;
  if (id === null) throw new Error("There is no conversation yet: it begins with the first message.");
  return id;
}

/** Where no task can begin, the view says why and what to do. */
async function startTask(chats: Chats): Promise<void> {
  const { chat } = chats.view;
  if (!(await chat.isReady())) return chats.view.reveal();
  const text = await vscode.window.showInputBox({
    title: "OpenHands: Start Task",
    prompt: "What should the agent do in this folder?",
    placeHolder: "Find out why the tests fail and fix it",
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === "") return;
  await chats.openNew();
  await chat.startTask(text.trim());
}

/** The conversation that needs the person, else one that runs: the person chooses when there are several. */
async function showActivity({ chats, activities }: ConversationParts): Promise<void> {
  const asking = activities.all.filter(needsPerson);
  const found = asking.length > 0 ? asking : activities.all.filter(isRunning);
  const [only] = found;
  if (only === undefined) return chats.focus();
  if (found.length === 1) return chats.open(only.id);
  const items = found.map((activity) => ({
    label: titleOf(activity),
    description: needsPerson(activity) ? "needs you" : `running ${clock(millisecondsSince(activity.runStartedAt))}`,
    id: activity.id,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "OpenHands: Conversations at Work" });
  if (picked) await chats.open(picked.id);
}

async function addSelection(chats: Chats, workspace: Workspace): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) throw new Error("Select something in an editor first.");
  const { document, selection } = editor;
  const end = selection.end.character === 0 && selection.end.line > selection.start.line ? selection.end.line : selection.end.line + 1;
  await chats.insert(
    selectionText({
      place: placeOf(document.uri.fsPath, workspace.folders),
      firstLine: selection.start.line + 1,
      lastLine: end,
      language: document.languageId,
      text: document.getText(selection),
    }),
  );
}

/** The Explorer gives the one under the pointer and all that are selected; the palette gives nothing, and means the open editor. */
async function addFiles(args: readonly unknown[], chats: Chats, workspace: Workspace): Promise<void> {
  const [one, selected] = args;
  const uris = (Array.isArray(selected) && selected.length > 0 ? selected : [one]).filter((uri) => uri instanceof vscode.Uri);
  const editor = vscode.window.activeTextEditor?.document.uri;
  const meant = uris.length === 0 && editor ? [editor] : uris;
  if (meant.length === 0) throw new Error("Select a file in the Explorer, or open one in an editor, first.");
  await chats.insert(`${meant.map((uri) => placeOf(uri.fsPath, workspace.folders)).join("\n")}\n`);
}
