import type { Workspace } from "../workspace.ts";
import { bestPaths } from "./bestPaths.ts";

/** So long a list is good enough for a person who types on. */
const freshMs = 10_000;

/** The files of the workspace by parts of their names. */
export class FileFinder {
  readonly #workspace: Workspace;
  #list: { readonly of: string; readonly at: number; readonly files: Promise<string[]> } | undefined;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Absolute paths, best first, at most fifty; none in Restricted Mode. */
  async find(query: string): Promise<string[]> {
    if (!this.#workspace.isTrusted) return [];
    const { folders } = this.#workspace;
    const of = folders.join("\n");
    if (this.#list?.of !== of || performance.now() - this.#list.at > freshMs)
      this.#list = { of, at: performance.now(), files: list(folders) };
    return bestPaths(await this.#list.files, query, folders);
  }
}

async function list(folders: readonly string[]): Promise<string[]> {
  const { workspaceFiles } = await import("./workspaceFiles.ts");
  return workspaceFiles(folders);
}
