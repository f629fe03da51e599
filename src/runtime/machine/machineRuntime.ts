import { stat } from "node:fs/promises";
import path from "node:path";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import type { Files, PersonRuntime, TerminalSize } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { chooseShell } from "./dialects/choose.ts";
import { markVariable, personEnvironment, shellEnvironment, terminalMark, withoutSecrets } from "./environment.ts";
import { goesFirst } from "./goesFirst.ts";
import { MachineFiles } from "./machineFiles.ts";
import { openMachineSearch } from "./machineSearch.ts";
import { ShellTerminal } from "./machineTerminal.ts";
import { memoryKills } from "./memoryKills.ts";
import { Notices } from "./notices.ts";
import { shellOpener } from "./openShell.ts";
import { PersonShells } from "./personShells.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { loadPty } from "./pty.ts";
import { SingleCommands } from "./singleCommands.ts";
import { OutputFolder } from "./wholeOutput.ts";

export interface MachineOptions {
  /** Absolute; where the terminal starts. */
  readonly workingDir: string;
  /** All folders of the workspace, `workingDir` among them; absent: it is the only one. */
  readonly folders?: readonly string[] | undefined;
  /** The wall in a person's words, such as "Local · no sandbox". */
  readonly wall: string;
  readonly kind?: RuntimeInfo["kind"];
  readonly isSandboxed?: boolean;
  /** What commands inherit, as it is. Without it: this process's environment without what looks like a secret. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The shell that is wanted, such as `$SHELL`; another one is taken when we cannot speak with it. Without it: bash, else what is there. */
  readonly shell?: string | undefined;
  /** Folders of other copies of node-pty, tried when our own does not load (VS Code carries one). `"none"`: pipes only. */
  readonly pty?: readonly string[] | "none";
  /** Reads the person's own start-up file of that shell first, so that the terminal is like their own. */
  readonly userStartupFiles?: boolean;
  /**
   * Arrow keys, completion and history at the prompt, for a terminal that a person types into; costs 0.3 ms per command. `whenWatched`: for a
   * shell that is started while somebody listens to `onRaw`.
   */
  readonly lineEditing?: boolean | "whenWatched";
  /** How long a shell may take to its first prompt; one that reads the person's start-up file is then started without it. 10 seconds. */
  readonly shellStartMs?: number;
  readonly size?: TerminalSize;
  /** The memory is a container's: when it is used up, commands are killed before this process, and a command's result tells. */
  readonly hasMemoryLimit?: boolean;
  /** Programs that are tried before `rg` on the PATH for searching (VS Code carries one); `"none"`: our own search only. */
  readonly ripgrep?: readonly string[] | "none" | undefined;
}

/** This machine, as a place where tools act. */
export interface MachineRuntime extends PersonRuntime {
  /** What the person should know about this terminal, in a sentence; undefined when all is as it should be. */
  readonly notice: string | undefined;
}

/** Tools act on this machine, as this user. Rejects with RuntimeError when `workingDir` is not a folder. */
export async function openMachineRuntime(options: MachineOptions): Promise<MachineRuntime> {
  await checkFolder(options.workingDir);
  const found = options.pty === "none" ? undefined : await loadPty(options.pty);
  const pty = found !== undefined && options.hasMemoryLimit === true ? goesFirst(found) : found;
  const folder = await PrivateFolder.open();
  const inherited = options.env ?? withoutSecrets(process.env);
  const env = { ...shellEnvironment(inherited), [markVariable]: folder.name };
  const shell = chooseShell({ wanted: options.shell, env, isTerminal: pty !== undefined, platform: process.platform });
  const notices = new Notices();
  if (options.hasMemoryLimit === true) notices.watch(memoryKills());
  const openShell = shellOpener({
    folder,
    pty,
    shell,
    env,
    fallbackDir: options.workingDir,
    userStartupFiles: options.userStartupFiles ?? false,
    lineEditing: options.lineEditing ?? false,
    startMs: options.shellStartMs ?? 10_000,
    wantsTerminal: options.pty !== "none",
    notices,
  });
  const outputs = new OutputFolder(folder);
  const size = options.size ?? { cols: 200, rows: 50 };
  const mark = terminalMark(folder.name);
  const terminal = new ShellTerminal({ openShell, outputs, folder: options.workingDir, size, mark, notices });
  const { workingDir } = options;
  const shells = new PersonShells({ pty, program: shell.program, env: personEnvironment(inherited), owner: folder.name, workingDir });
  const files = new MachineFiles();
  const commands = new SingleCommands({ folder: workingDir, env, mark });
  const search = openMachineSearch({ files, workingDir: options.workingDir, ripgrep: options.ripgrep });
  let disposing: Promise<void> | undefined;
  return {
    info: infoOf(options, { shell: shell.dialect.name, outputDir: outputs.path }),
    terminal,
    files: files satisfies Files,
    search,
    commands,
    openShell: (shellSize) => shells.open(shellSize),
    terminals: async (signal) => {
      signal.throwIfAborted();
      return [await terminal.list(), ...(await shells.list())];
    },
    get notice() {
      return notices.all();
    },
    [Symbol.asyncDispose]: () => (disposing ??= dispose()),
  };

  async function dispose(): Promise<void> {
    files.close();
    commands.close();
    await search[Symbol.asyncDispose]();
    await Promise.all([terminal[Symbol.asyncDispose](), shells[Symbol.asyncDispose]()]);
    await commands[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

function infoOf(options: MachineOptions, found: Pick<RuntimeInfo, "shell" | "outputDir">): RuntimeInfo {
  return {
    kind: options.kind ?? "machine",
    wall: options.wall,
    isSandboxed: options.isSandboxed ?? false,
    workingDir: options.workingDir,
    ...(options.folders === undefined ? {} : { folders: [...options.folders] }),
    platform: process.platform,
    ...found,
  };
}

async function checkFolder(folder: string): Promise<void> {
  if (!path.isAbsolute(folder)) throw new RuntimeError("invalid-path", `The working directory must be an absolute path: ${folder}`);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new RuntimeError("not-found", `The folder ${folder} is not there, or may not be entered.`);
  if (!found.isDirectory()) throw new RuntimeError("not-directory", `${folder} is not a folder.`);
}
