import { join } from "node:path";
import * as vscode from "vscode";
import type { Log } from "../../protocol/log.ts";
import { personsShell } from "../../runtime/machine/dialects/choose.ts";
import { openMachineRuntime } from "../../runtime/machine/machineRuntime.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { ShownTerminal } from "../terminals/shownTerminal.ts";
import { wallOf } from "../workspaceFolders.ts";
import { editorFiles } from "./editorFiles.ts";
import { editorSearch } from "./editorSearch.ts";
import { diskPlace } from "./place.ts";
import { Problems } from "./problems.ts";
import { writtenIn } from "./shownEdits.ts";

export interface LocalRuntimeOptions {
  readonly workingDir: string;
  /** All folders of the workspace, `workingDir` among them. */
  readonly folders: readonly string[];
  readonly log: Log;
  /** Brings the terminal into view, without the keyboard. */
  readonly reveal: (terminal: vscode.Terminal) => void;
}

export interface LocalRuntime extends Runtime {
  readonly terminal: ShownTerminal;
}

/**
 * Tools act in the open workspace: commands in a shell of our own that a VS Code terminal shows, files on disk, or in the editor
 * where one is open.
 */
export async function openLocalRuntime({ workingDir, folders, log, reveal }: LocalRuntimeOptions): Promise<LocalRuntime> {
  const machine = await openMachineRuntime({
    workingDir,
    folders,
    wall: wallOf({ paths: folders }),
    kind: "local",
    shell: personsShell(process.env["SHELL"]),
    userStartupFiles: true,
    lineEditing: true,
    pty: ptyFolders(),
    ripgrep: ripgrepPrograms(),
  });
  if (machine.notice !== undefined) log.warn(machine.notice);
  const terminal = new ShownTerminal({ shell: machine.terminal, log, reveal });
  const problems = new Problems({ place: diskPlace, folders });
  return {
    info: machine.info,
    terminal,
    files: editorFiles(machine.files, { place: diskPlace, problems, onWritten: writtenIn }),
    search: editorSearch(machine.search, diskPlace),
    commands: machine.commands,
    [Symbol.asyncDispose]: async () => {
      terminal[Symbol.dispose]();
      problems[Symbol.dispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Where VS Code keeps its own copy of node-pty, for platforms that ours was not built for. */
function ptyFolders(): string[] {
  const { appRoot } = vscode.env;
  return [join(appRoot, "node_modules.asar.unpacked", "node-pty"), join(appRoot, "node_modules", "node-pty")];
}

/** Where VS Code keeps its own ripgrep: one for this machine, or one for each kind of machine. */
export function ripgrepPrograms(): string[] {
  const program = process.platform === "win32" ? "rg.exe" : "rg";
  const folders = ["node_modules", "node_modules.asar.unpacked"].map((folder) => join(vscode.env.appRoot, folder, "@vscode"));
  const kind = `${process.platform}-${process.arch}`;
  return folders.flatMap((folder) => [join(folder, "ripgrep", "bin", program), join(folder, "ripgrep-universal", "bin", kind, program)]);
}
