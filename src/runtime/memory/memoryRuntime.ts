import type { Runtime } from "../runtime.ts";
import { MemoryFiles } from "./memoryFiles.ts";
import { memorySearch } from "./memorySearch.ts";
import type { ScriptedCommands } from "./memoryTerminal.ts";
import { MemoryTerminal } from "./memoryTerminal.ts";

export interface MemoryOptions {
  readonly workingDir: string;
  /** All folders of the workspace, `workingDir` among them; absent: it is the only one. */
  readonly folders?: readonly string[];
  /** File contents by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Answers commands before the built-in ones do. */
  readonly commands?: ScriptedCommands;
}

/** A place for tools to act that is only in memory: for tests, fast and without traces. */
export function openMemoryRuntime({ workingDir, folders, files: contents = {}, commands }: MemoryOptions): Runtime {
  const files = new MemoryFiles(workingDir, contents);
  const terminal = new MemoryTerminal(workingDir, files, commands);
  const search = memorySearch(files);
  return {
    info: {
      kind: "memory",
      wall: "Memory · nothing real",
      isSandboxed: true,
      workingDir,
      ...(folders === undefined ? {} : { folders: [...folders] }),
      platform: "memory",
      shell: "memory",
      outputDir: null,
    },
    terminal,
    files,
    search,
    async [Symbol.asyncDispose]() {
      files.close();
      await search[Symbol.asyncDispose]();
      terminal.close();
    },
  };
}
