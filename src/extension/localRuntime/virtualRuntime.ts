import type * as vscode from "vscode";
import { BoundedSearch } from "../../runtime/machine/searchEngine.ts";
import { walkSearch } from "../../runtime/machine/searchWalk.ts";
import { type Runtime, RuntimeError, type Terminal } from "../../runtime/runtime.ts";
import { wallOf } from "../workspaceFolders.ts";
import { editorFiles } from "./editorFiles.ts";
import { editorSearch } from "./editorSearch.ts";
import type { LocalRuntimeOptions } from "./localRuntime.ts";
import { virtualPlace } from "./place.ts";
import { Problems } from "./problems.ts";
import { writtenIn } from "./shownEdits.ts";
import { WorkspaceFiles } from "./workspaceFiles.ts";

/** Tools act on the files of a workspace that is on no disk of this machine: in the editor and through VS Code's file systems. No command can run. */
export function openVirtualRuntime({ workingDir, folders, root }: LocalRuntimeOptions & { readonly root: vscode.Uri }): Runtime {
  const place = virtualPlace(root);
  const files = new WorkspaceFiles(place);
  const problems = new Problems({ place, folders });
  const search = new BoundedSearch({
    engine: async () => walkSearch(files),
    checkFolder: async (folder, signal) => {
      const found = await files.stat(folder, signal);
      if (found === undefined) throw new RuntimeError("not-found", `There is nothing at ${folder}.`);
      if (found.kind !== "directory") throw new RuntimeError("not-directory", `${folder} is not a directory.`);
    },
    modified: (file) => files.modified(file),
  });
  const closed = new AbortController();
  return {
    info: {
      kind: "local",
      wall: wallOf({ paths: folders, virtualRoot: root }),
      isSandboxed: false,
      workingDir,
      folders: [...folders],
      platform: root.scheme,
      shell: null,
      outputDir: null,
    },
    terminal: noTerminal(closed.signal),
    files: editorFiles(files, { place, problems, onWritten: writtenIn }),
    search: editorSearch(search, place),
    async [Symbol.asyncDispose]() {
      closed.abort(new RuntimeError("closed", "This terminal is closed, because its conversation has ended."));
      problems[Symbol.dispose]();
      files.close();
      await search[Symbol.asyncDispose]();
    },
  };
}

function noTerminal(closed: AbortSignal): Terminal {
  const refuse = async (signal: AbortSignal): Promise<never> => {
    signal.throwIfAborted();
    closed.throwIfAborted();
    throw new RuntimeError(
      "no-shell",
      "This workspace is virtual: it has files and no machine, so no command can run. Use the other tools.",
    );
  };
  return { run: (_request, { signal }) => refuse(signal), reset: refuse };
}
