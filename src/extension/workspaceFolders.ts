import * as vscode from "vscode";

/** The folders of a window that an agent can work in. */
export interface WorkspaceFolders {
  /** By path; the first is where it works. Empty: there is none. */
  readonly paths: readonly string[];
  /** A resource of their file system, where that is not this machine's disk: then there are files, and no commands. */
  readonly virtualRoot?: vscode.Uri;
}

/** The wall between the agent and those folders' machine, in a person's words. */
export function wallOf({ virtualRoot }: WorkspaceFolders): string {
  return virtualRoot === undefined ? "Local · no sandbox" : "Local · files only, no terminal";
}

/** Those on this machine's disk; where there are none, those on the file system of the first. */
export function workspaceFolders(): WorkspaceFolders {
  const all = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  const onDisk = all.filter(({ scheme }) => scheme === "file");
  const [first] = all;
  if (onDisk.length > 0 || first === undefined) return { paths: onDisk.map(({ fsPath }) => fsPath) };
  const beside = all.filter(({ scheme, authority }) => scheme === first.scheme && authority === first.authority);
  return { paths: beside.map(({ path }) => path), virtualRoot: first };
}
