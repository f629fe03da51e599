import * as vscode from "vscode";

/** Which paths of the runtime are which resources of VS Code. */
export interface Place {
  readonly uriOf: (path: string) => vscode.Uri;
  /** Undefined for a resource that lies elsewhere. */
  readonly pathOf: (uri: vscode.Uri) => string | undefined;
}

export const diskPlace: Place = {
  uriOf: (path) => vscode.Uri.file(path),
  pathOf: (uri) => (uri.scheme === "file" ? uri.fsPath : undefined),
};

/** The file system that `root` is in: a path is the path of its URI. */
export function virtualPlace(root: vscode.Uri): Place {
  return {
    uriOf: (path) => root.with({ path }),
    pathOf: (uri) => (uri.scheme === root.scheme && uri.authority === root.authority ? uri.path : undefined),
  };
}
