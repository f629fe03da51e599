import { stat } from "node:fs/promises";
import path from "node:path";
import type { RuntimeInfo } from "../../protocol/runtime.ts";
import type { Files, Runtime } from "../runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { shellEnvironment, withoutSecrets } from "./environment.ts";
import { MachineFiles } from "./machineFiles.ts";
import type { MachineTerminal, TerminalSize } from "./machineTerminal.ts";
import { ShellTerminal } from "./machineTerminal.ts";
import { shellOpener } from "./openShell.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { loadPty } from "./pty.ts";

export interface MachineOptions {
  /** Absolute; where the terminal starts. */
  readonly workingDir: string;
  /** The wall in a person's words, such as "Local · no sandbox". */
  readonly wall: string;
  readonly kind?: RuntimeInfo["kind"];
  readonly isSandboxed?: boolean;
  /** What commands inherit, as it is. Without it: this process's environment without what looks like a secret. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The shell's program; bash unless told otherwise, and it must be a bash. */
  readonly shell?: string;
  /** Folders of other copies of node-pty, tried when our own does not load (VS Code carries one). `"none"`: pipes only. */
  readonly pty?: readonly string[] | "none";
  /** Reads the person's ~/.bashrc first, so that the terminal is like their own. */
  readonly userStartupFiles?: boolean;
  /** Arrow keys, completion and history at the prompt, for a terminal that a person types into; costs 0.3 ms per command. */
  readonly lineEditing?: boolean;
  readonly size?: TerminalSize;
}

/** This machine, as a place where tools act. */
export interface MachineRuntime extends Runtime {
  readonly terminal: MachineTerminal;
  /** What the person should know about this terminal, in a sentence; undefined when all is as it should be. */
  readonly notice: string | undefined;
}

/** Tools act on this machine, as this user. Rejects with RuntimeError when `workingDir` is not a folder. */
export async function openMachineRuntime(options: MachineOptions): Promise<MachineRuntime> {
  await checkFolder(options.workingDir);
  const pty = options.pty === "none" ? undefined : await loadPty(options.pty);
  const folder = await PrivateFolder.open();
  const openShell = shellOpener({
    folder,
    pty,
    program: options.shell ?? "bash",
    env: shellEnvironment(options.env ?? withoutSecrets(process.env)),
    fallbackDir: options.workingDir,
    userStartupFiles: options.userStartupFiles ?? false,
    lineEditing: options.lineEditing ?? false,
  });
  const terminal = new ShellTerminal(openShell.open, options.workingDir, options.size ?? { cols: 200, rows: 50 });
  const files = new MachineFiles();
  let disposing: Promise<void> | undefined;
  return {
    info: infoOf(options),
    terminal,
    files: files satisfies Files,
    get notice() {
      return openShell.notice();
    },
    [Symbol.asyncDispose]: () => (disposing ??= dispose()),
  };

  async function dispose(): Promise<void> {
    files.close();
    await terminal[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

function infoOf(options: MachineOptions): RuntimeInfo {
  return {
    kind: options.kind ?? "machine",
    wall: options.wall,
    isSandboxed: options.isSandboxed ?? false,
    workingDir: options.workingDir,
    platform: process.platform,
    shell: process.platform === "win32" ? null : (options.shell ?? "bash"),
  };
}

async function checkFolder(folder: string): Promise<void> {
  if (!path.isAbsolute(folder)) throw new RuntimeError("invalid-path", `The working directory must be an absolute path: ${folder}`);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new RuntimeError("not-found", `The folder ${folder} is not there, or may not be entered.`);
  if (!found.isDirectory()) throw new RuntimeError("not-directory", `${folder} is not a folder.`);
}
