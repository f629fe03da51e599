import * as vscode from "vscode";
import type { RemoteHost } from "../../host/remote/remoteHost.ts";
import { messageOf } from "../../protocol/thrown.ts";

interface FolderItem extends vscode.QuickPickItem {
  readonly go: "use" | "into" | "type";
  readonly path: string;
}

/** The folder on a server in which agents work, found by going down from where the server begins; undefined: none was chosen. */
export async function chooseFolder(host: RemoteHost, before: string | undefined): Promise<string | undefined> {
  for (let at = before; ; ) {
    const picked = await pickAt(host, at);
    if (picked === undefined || picked.go === "use") return picked?.path;
    if (picked.go === "type") return typedPath(at);
    at = picked.path === "" ? undefined : picked.path;
  }
}

async function pickAt(host: RemoteHost, at: string | undefined): Promise<FolderItem | undefined> {
  const { items, problem } = await itemsAt(host, at);
  return vscode.window.showQuickPick(items, {
    title: `Connect to Server (3/3): Folder on ${host.name}`,
    placeHolder: problem ?? at ?? "In which folder of the server do agents work?",
    ignoreFocusOut: true,
  });
}

async function itemsAt(host: RemoteHost, at: string | undefined): Promise<{ readonly items: FolderItem[]; readonly problem?: string }> {
  const type: FolderItem = { label: "$(edit) Type a Path…", go: "type", path: at ?? "" };
  const use: FolderItem[] = at === undefined ? [] : [{ label: "$(check) Use This Folder", description: at, go: "use", path: at }];
  try {
    const folders = await (at === undefined ? host.folders.start() : host.folders.below(at));
    const into = folders.map(
      ({ label, path }): FolderItem => ({
        label: `$(folder) ${label}`,
        description: at === undefined && path !== label ? path : "",
        go: "into",
        path,
      }),
    );
    return { items: [...use, ...into, ...up(at), type] };
  } catch (error) {
    // One that is not there yet is made when the first conversation begins.
    return { items: [...use, type, ...up(at)], problem: messageOf(error) };
  }
}

function up(at: string | undefined): FolderItem[] {
  if (at === undefined) return [];
  const parent = at.replace(/[/\\][^/\\]*[/\\]?$/, "");
  return [{ label: "$(arrow-up) Up", description: parent, go: "into", path: parent }];
}

async function typedPath(before: string | undefined): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: "Folder on Server",
    prompt: "The whole path; it is made when it is not there",
    value: before ?? "/",
    ignoreFocusOut: true,
    validateInput: (text) => (/^(\/|[A-Za-z]:[\\/])/.test(text.trim()) ? undefined : "Give the whole path, such as /workspace/my-project."),
  });
  return typed?.trim();
}
